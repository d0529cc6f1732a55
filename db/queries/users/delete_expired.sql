-- :name delete_expired :affected
-- :doc Deletes the links and sessions that expired, and keys 30 days later: their owners see why
WITH links AS (
    DELETE FROM magic_link
    WHERE expires_at <= clock_timestamp()
), keys AS (
    DELETE FROM api_key
    WHERE expires_at <= clock_timestamp() - interval '30 days'
)
DELETE FROM session
WHERE expires_at <= clock_timestamp()
