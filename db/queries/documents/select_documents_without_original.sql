-- :name select_documents_without_original :many
-- :doc Of these documents (of all, without :uuids) those whose original bytes are not kept
SELECT uuid
FROM document
WHERE
    (CAST(:uuids AS uuid[]) IS NULL OR uuid = ANY(CAST(:uuids AS uuid[])))
    AND NOT EXISTS (
        SELECT FROM document_content WHERE document_uuid = document.uuid AND kind = 'file'
    )
ORDER BY id
