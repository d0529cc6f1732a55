-- :name count_jobs :scalar
-- :doc How many jobs on documents are still to be done
SELECT count(*)
FROM job
WHERE kind <> 'mail'
