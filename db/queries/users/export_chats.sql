-- :name export_chats :many
-- :doc The caller's chats after a uuid, for an export
SELECT uuid, title, created_at, updated_at
FROM chat
WHERE user_id = :user_id AND (CAST(:after AS uuid) IS NULL OR uuid > :after)
ORDER BY uuid
LIMIT :limit
