-- :name end_idempotency_lease :affected
-- :doc Leaves a key to its message; nothing where the lease is somebody else's
UPDATE idempotency_key
SET lease = NULL
WHERE id = :id AND lease = :lease
