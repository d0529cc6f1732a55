-- :name get_message :one
-- :doc One message of the caller's, or nothing
SELECT
    id, uuid, chat_uuid, model, role, message, status, finish_reason, usage, sources,
    retrieval_queries, turns, created_at
FROM message
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
