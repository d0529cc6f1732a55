-- :name list_users :many
-- :doc All users in the order in which they came, after an id
SELECT id, uuid, email, created_at
FROM users
WHERE id > :after
ORDER BY id
LIMIT :limit
