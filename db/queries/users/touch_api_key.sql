-- :name touch_api_key :affected
-- :doc Notes that a key is used, at most once a minute
UPDATE api_key
SET last_used_at = clock_timestamp()
WHERE
    key_hash = :key_hash
    AND coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)
