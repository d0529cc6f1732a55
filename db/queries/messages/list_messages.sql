-- :name list_messages :many
-- :doc The caller's messages, newest first: those before an id and of a chat, where given
-- One at least, and no more after 1 MiB as it is stored: the JSON of 80 MB would take a second.
WITH newest AS (
    SELECT id, octet_length(message) + pg_column_size(sources) AS bytes
    FROM message
    WHERE
        -- Not IS NOT DISTINCT FROM: that uses no index.
        (user_id = :user_id OR (user_id IS NULL AND CAST(:user_id AS bigint) IS NULL))
        AND (CAST(:before AS bigint) IS NULL OR id < :before)
        AND (CAST(:chat_uuid AS uuid) IS NULL OR chat_uuid = :chat_uuid)
    ORDER BY id DESC
    LIMIT CAST(:limit AS integer) + 1
), measured AS (
    SELECT
        id,
        row_number() OVER newest_first AS position,
        sum(bytes) OVER newest_first - bytes AS bytes_before,
        lead(id) OVER newest_first IS NOT NULL AS has_next
    FROM newest
    WINDOW newest_first AS (ORDER BY id DESC)
)
SELECT
    message.id, uuid, chat_uuid, model, role, message, status, finish_reason, usage, sources,
    retrieval_queries, turns, created_at, has_next
FROM measured
INNER JOIN message ON measured.id = message.id
WHERE position <= :limit AND bytes_before < 1048576
ORDER BY message.id DESC
