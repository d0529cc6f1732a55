-- :name count_shared_documents :scalar
-- :doc How many documents have no owner
SELECT count(*)
FROM document
WHERE user_id IS NULL
