-- :name consume_code :scalar
-- :doc Uses a code up, unless too many wrong ones came for its address; that address, or nothing
DELETE FROM magic_link
WHERE
    email = :email
    AND code_hash = :code_hash
    AND wrong_codes < :wrong_codes
    AND expires_at > clock_timestamp()
RETURNING email
