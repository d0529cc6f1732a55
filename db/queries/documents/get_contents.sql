-- :name get_contents :one
-- :doc What is kept of a document that the caller may see: its bytes, and the text that was read
SELECT
    document.title, document.source, document.file_name, document.declared_type, document.status,
    document.bytes, document.sha256, document.text_bytes, document.text_sha256,
    EXISTS (
        SELECT FROM document_content
        WHERE document_uuid = document.uuid AND kind = 'file'
    ) AS has_file
FROM document
WHERE document.uuid = :uuid AND (document.user_id IS NULL OR document.user_id = :user_id)
