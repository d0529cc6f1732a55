-- :name delete_contents :affected
-- :doc Deletes the uploaded bytes of a user that still wait for their ingestion
DELETE FROM job_content
USING job
WHERE job_content.job_id = job.id AND job.user_id = :owner_id
