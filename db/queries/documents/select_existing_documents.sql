-- :name select_existing_documents :many
-- :doc Which of these documents may have points, and how many passages those have that are ready
SELECT uuid, CASE WHEN status = 'ready' THEN passages_total END AS passages
FROM document
WHERE uuid IN :uuids AND status <> 'failed'
