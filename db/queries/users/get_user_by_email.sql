-- :name get_user_by_email :one
-- :doc The user of an address, or nothing
SELECT id, uuid, email, created_at
FROM users
WHERE email = :email
