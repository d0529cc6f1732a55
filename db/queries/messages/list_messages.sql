-- :name list_messages :many
-- :doc The caller's messages, newest first: those before an id and of a chat, where given
SELECT
    id, uuid, chat_uuid, model, role, message, status, finish_reason, usage, sources, created_at
FROM message
WHERE
    user_id IS NOT DISTINCT FROM :user_id
    AND (CAST(:before AS bigint) IS NULL OR id < :before)
    AND (CAST(:chat_uuid AS uuid) IS NULL OR chat_uuid = :chat_uuid)
ORDER BY id DESC
LIMIT :limit
