-- :name list_api_keys :many
-- :doc The caller's keys, newest first
SELECT uuid, name, scopes, prefix, last_four, created_at, expires_at, last_used_at
FROM api_key
WHERE user_id = :user_id
ORDER BY created_at DESC, uuid
