-- :name consume_token :scalar
-- :doc Uses a link up; the address that it was mailed to, or nothing
DELETE FROM magic_link
WHERE token_hash = :token_hash AND expires_at > clock_timestamp()
RETURNING email
