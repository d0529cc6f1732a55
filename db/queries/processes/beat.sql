-- :name beat :many
-- :doc Says that a process is alive; returns which of its answers others follow or ask it to cancel, and those of :stored that are deleted
WITH beat AS (
    INSERT INTO process (uuid) VALUES (:uuid)
    ON CONFLICT (uuid) DO UPDATE SET seen_at = clock_timestamp()
),

forgotten AS (
    DELETE FROM process WHERE seen_at < clock_timestamp() - make_interval(secs => :forget_seconds)
)

SELECT uuid, cancel_requested_at IS NOT NULL AS cancel
FROM message
WHERE
    status = 'generating'
    AND process_uuid = :uuid
    AND (
        cancel_requested_at IS NOT NULL
        OR followed_at > clock_timestamp() - make_interval(secs => :followed_seconds)
    )
UNION ALL
SELECT stored.uuid, TRUE AS cancel
FROM unnest(CAST(:stored AS uuid [])) AS stored (uuid)
WHERE NOT EXISTS (SELECT FROM message WHERE message.uuid = stored.uuid)
