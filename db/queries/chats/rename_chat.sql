-- :name rename_chat :one
-- :doc Gives a chat of the caller's another title
UPDATE chat
SET title = :title, updated_at = clock_timestamp()
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
RETURNING uuid, title, created_at, updated_at
