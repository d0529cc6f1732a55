-- :name renew_idempotency_key :affected
-- :doc Keeps a key for :seconds more; nothing where the lease is somebody else's
UPDATE idempotency_key
SET leased_until = clock_timestamp() + make_interval(secs => :seconds)
WHERE id = :id AND lease = :lease
