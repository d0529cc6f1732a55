-- :name release_idempotency_key :affected
-- :doc Gives a key up, as if it had not been sent; nothing where the lease is somebody else's
DELETE FROM idempotency_key
WHERE id = :id AND lease = :lease
