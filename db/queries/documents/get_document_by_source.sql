-- :name get_document_by_source :one
-- :doc The owner's document from a source, if there is one
SELECT uuid, sha256
FROM document
WHERE source = :source AND user_id IS NOT DISTINCT FROM :user_id
