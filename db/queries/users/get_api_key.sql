-- :name get_api_key :one
-- :doc Whose key this is and what it may do, and whether its last use was noted over a minute ago
-- `seconds_left` is null where it does not expire.
SELECT
    uuid, user_id, scopes,
    coalesce(last_used_at < clock_timestamp() - interval '1 minute', true) AS is_use_stale,
    CAST(extract(EPOCH FROM expires_at - clock_timestamp()) AS float) AS seconds_left
FROM api_key
WHERE key_hash = :key_hash AND coalesce(expires_at > clock_timestamp(), true)
