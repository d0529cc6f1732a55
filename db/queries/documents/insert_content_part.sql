-- :name insert_content_part :affected
-- :doc Keeps a part of the uploaded bytes with the job that ingests them
INSERT INTO job_content (job_id, ordinal, part)
VALUES (:job_id, :ordinal, :part)
