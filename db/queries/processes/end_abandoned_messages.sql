-- :name end_abandoned_messages :affected
-- :doc Ends the answers whose process is dead, or is :uuid and knows nothing of them; of an older version, those that took too long
WITH alive AS (
    SELECT uuid
    FROM process
    WHERE seen_at > clock_timestamp() - make_interval(secs => :lease_seconds)
),

abandoned AS (
    SELECT uuid, coalesce(
        (
            SELECT string_agg(journal.text, '' ORDER BY journal.position)
            FROM journal
            WHERE journal.message_uuid = message.uuid
        ), ''
    ) AS text
    FROM message
    WHERE
        status = 'generating'
        -- A process that has just started may not have said yet that it is alive.
        AND created_at < clock_timestamp() - make_interval(secs => :lease_seconds)
        AND CASE
            WHEN process_uuid IS NULL
                THEN created_at < clock_timestamp() - make_interval(secs => :seconds)
            WHEN process_uuid = :uuid
                THEN
                    uuid <> ALL(CAST(:known AS uuid []))
                    AND created_at < clock_timestamp() - make_interval(secs => :lease_seconds)
            ELSE process_uuid NOT IN (SELECT uuid FROM alive)
        END
    FOR UPDATE SKIP LOCKED
)

UPDATE message
SET
    message = abandoned.text,
    status = CASE abandoned.text WHEN '' THEN 'failed' ELSE 'partial' END,
    finish_reason = 'abandoned'
FROM abandoned
WHERE message.uuid = abandoned.uuid AND message.status = 'generating'
