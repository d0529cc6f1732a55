-- :name insert_magic_link :affected
-- :doc Keeps the hashes of a link and its code, which expire after :minutes
INSERT INTO magic_link (token_hash, code_hash, email, expires_at)
VALUES (:token_hash, :code_hash, :email, clock_timestamp() + make_interval(mins => :minutes))
