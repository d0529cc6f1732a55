-- :name delete_expired :affected
-- :doc Deletes the links, sessions and keys that expired
WITH links AS (
    DELETE FROM magic_link
    WHERE expires_at <= clock_timestamp()
), keys AS (
    DELETE FROM api_key
    WHERE expires_at <= clock_timestamp() - interval '30 days'
)
DELETE FROM session
WHERE expires_at <= clock_timestamp()
