-- :name renew_job :affected
-- :doc Keeps a job for :seconds more; nothing where the lease, or the index, is somebody else's
UPDATE job
SET run_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE
    id = :id
    AND lease = :lease
    AND (
        index_uuid IS NULL
        OR EXISTS (
            SELECT FROM index_version WHERE index_version.index_uuid = job.index_uuid FOR SHARE
        )
    )
