-- :name get_idempotency_key :one
-- :doc What is known of the caller's key: the request, and the answer if there is one
SELECT
    held.fingerprint, held.status, held.content_type, held.headers, held.body, held.message_uuid,
    CASE WHEN held.message_uuid IS NOT NULL THEN coalesce(message.status, '') END AS message_status
FROM idempotency_key AS held
LEFT JOIN message ON message.uuid = held.message_uuid
WHERE
    -- Not IS NOT DISTINCT FROM: that uses no index.
    (held.user_id = :user_id OR (held.user_id IS NULL AND CAST(:user_id AS bigint) IS NULL))
    AND held.key = :key
    AND held.expires_at > clock_timestamp()
