-- :name get_content_part :scalar
-- :doc A part of the uploaded bytes of an ingestion; nothing after the last one
SELECT part
FROM job_content
WHERE job_id = :job_id AND ordinal = :ordinal
