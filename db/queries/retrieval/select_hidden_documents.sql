-- :name select_hidden_documents :many
-- :doc Documents that nobody may find although they may have points: not ready yet, or deleted
SELECT document_uuid
FROM job
WHERE kind = 'purge' OR (kind = 'ingest' AND attempts > 0)
