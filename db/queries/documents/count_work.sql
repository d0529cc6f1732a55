-- :name count_work :scalar
-- :doc How much work is on the table
SELECT count(*)
FROM work
