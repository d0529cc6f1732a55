-- :name finish_job :affected
-- :doc Deletes a job that is done; nothing where the lease, or the index, is somebody else's
DELETE FROM job
WHERE
    id = :id
    AND lease = :lease
    AND (
        index_uuid IS NULL
        -- Shared until this transaction ends: who makes another index that of this database waits.
        OR EXISTS (
            SELECT FROM index_version WHERE index_version.index_uuid = job.index_uuid FOR SHARE
        )
    )
