-- :name renew_job :affected
-- :doc Keeps a job for :seconds more; nothing where the lease is somebody else's
UPDATE job
SET run_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE id = :id AND lease = :lease
