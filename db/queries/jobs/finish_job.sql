-- :name finish_job :affected
-- :doc Deletes a job that is done; nothing where the lease is somebody else's
DELETE FROM job
WHERE id = :id AND lease = :lease
