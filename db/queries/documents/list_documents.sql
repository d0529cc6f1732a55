-- :name list_documents :many
-- :doc Every document, newest first, with the number of its passages
SELECT
    uuid, title, source,
    (SELECT count(*) FROM passage WHERE passage.document_uuid = document.uuid) AS passages
FROM document
ORDER BY id DESC
