-- :name count_passages :scalar
-- :doc How many passages there are, and so how many points there should be
SELECT count(*)
FROM passage
