-- :name list_sessions :many
-- :doc When the caller's sessions began and when they end
SELECT created_at, expires_at
FROM session
WHERE user_id = :user_id
ORDER BY created_at
