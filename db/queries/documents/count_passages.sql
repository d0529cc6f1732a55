-- :name count_passages :scalar
-- :doc How many passages there are, and so how many points there should be
SELECT coalesce(sum(passages_done), 0)
FROM document
-- Those of a failed one are deleted, however many were done.
WHERE status <> 'failed'
