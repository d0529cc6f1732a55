-- :name get_chat :one
-- :doc A chat of the caller's, or nothing
SELECT uuid, title, created_at, updated_at
FROM chat
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
