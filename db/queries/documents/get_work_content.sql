-- :name get_work_content :scalar
-- :doc The uploaded bytes of an ingestion
SELECT content
FROM work
WHERE id = :id
