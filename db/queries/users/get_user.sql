-- :name get_user :one
-- :doc The user that the caller is
SELECT uuid, email, created_at
FROM users
WHERE id = :user_id
