-- :name export_messages :many
-- :doc The caller's messages after an id, for an export
SELECT
    id, uuid, chat_uuid, model, role, message, status, finish_reason, usage, sources,
    retrieval_queries, turns, created_at
FROM message
WHERE user_id = :user_id AND id > :after
ORDER BY id
LIMIT :limit
