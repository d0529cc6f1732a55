-- :name insert_index_work :affected
-- :doc Puts the indexing of every ready document on the table
INSERT INTO work (kind, document_uuid)
SELECT 'index', uuid
FROM document
WHERE status = 'ready'
ORDER BY id
