-- :name count_jobs :scalar
-- :doc How many jobs are still to be done
SELECT count(*)
FROM job
