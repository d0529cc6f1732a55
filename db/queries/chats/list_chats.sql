-- :name list_chats :many
-- :doc The caller's chats, newest first: those before one
SELECT uuid, title, created_at, updated_at
FROM chat
WHERE
    -- Not IS NOT DISTINCT FROM: that uses no index.
    (user_id = :user_id OR (user_id IS NULL AND CAST(:user_id AS bigint) IS NULL))
    AND (CAST(:before AS uuid) IS NULL OR uuid < :before)
ORDER BY uuid DESC
LIMIT :limit
