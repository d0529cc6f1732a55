-- :name get_idempotency_key :one
-- :doc What is known of the caller's key: the request, and the answer if there is one
SELECT fingerprint, status, content_type, headers, body
FROM idempotency_key
WHERE
    -- Not IS NOT DISTINCT FROM: that uses no index.
    (user_id = :user_id OR (user_id IS NULL AND CAST(:user_id AS bigint) IS NULL))
    AND key = :key
    AND expires_at > clock_timestamp()
