-- :name label_original :affected
-- :doc Notes the type of an original that is to be kept; nothing where there is one, or no ready text
UPDATE document
SET file_name = :file_name, declared_type = :declared_type
WHERE
    uuid = :uuid
    AND user_id IS NOT DISTINCT FROM :user_id
    AND status = 'ready'
    AND NOT EXISTS (
        SELECT FROM document_content WHERE document_uuid = document.uuid AND kind = 'file'
    )
