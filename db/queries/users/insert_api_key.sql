-- :name insert_api_key :one
-- :doc Keeps the hash of a key of the caller's; nothing where they have :most already
INSERT INTO api_key (uuid, user_id, name, scopes, prefix, last_four, key_hash, expires_at)
SELECT
    :uuid, :user_id, :name, string_to_array(:scopes, ','), :prefix, :last_four, :key_hash,
    CAST(:expires_at AS timestamptz)
WHERE (SELECT count(*) FROM api_key WHERE user_id = :user_id) < :most
RETURNING uuid, name, scopes, prefix, last_four, created_at, expires_at, last_used_at
