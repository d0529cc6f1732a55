-- :name consume_code :scalar
-- :doc Uses a code up, unless too many were typed for its address; that address, or nothing
DELETE FROM magic_link
WHERE
    email = :email
    AND code_hash = :code_hash
    AND typed_codes <= :most
    AND expires_at > clock_timestamp()
RETURNING email
