-- :name insert_chat :one
-- :doc Makes a chat of the caller's
INSERT INTO chat (uuid, user_id, title)
VALUES (:uuid, :user_id, :title)
RETURNING uuid, title, created_at, updated_at
