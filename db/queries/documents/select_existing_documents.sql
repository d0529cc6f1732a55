-- :name select_existing_documents :many
-- :doc Which of these documents there are
SELECT uuid
FROM document
WHERE uuid IN :uuids
