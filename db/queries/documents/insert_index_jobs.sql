-- :name insert_index_jobs :affected
-- :doc Inserts a job for each document with passages, also of an ingestion that is half done
INSERT INTO job (kind, document_uuid, bytes)
SELECT 'index', uuid, bytes
FROM document
WHERE status = 'ready' OR (status = 'processing' AND passages_done > 0)
ORDER BY id
