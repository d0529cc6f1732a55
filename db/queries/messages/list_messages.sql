-- :name list_messages :many
-- :doc The caller's messages, newest first: those before an id and of a chat, where given
SELECT
    id, uuid, chat_uuid, model, role, message, status, finish_reason, usage, sources,
    retrieval_queries, turns, created_at
FROM message
WHERE
    -- Not IS NOT DISTINCT FROM: that uses no index.
    (user_id = :user_id OR (user_id IS NULL AND CAST(:user_id AS bigint) IS NULL))
    AND (CAST(:before AS bigint) IS NULL OR id < :before)
    AND (CAST(:chat_uuid AS uuid) IS NULL OR chat_uuid = :chat_uuid)
ORDER BY id DESC
LIMIT :limit
