-- :name insert_index_work :affected
-- :doc Puts the indexing of every passage on the table, a document at a time; also those of an ingestion that is half done
INSERT INTO work (kind, document_uuid)
SELECT 'index', uuid
FROM document
WHERE status = 'ready' OR (status = 'processing' AND passages_done > 0)
ORDER BY id
