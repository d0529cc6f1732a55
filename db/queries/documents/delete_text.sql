-- :name delete_text :affected
-- :doc Deletes the text that a document was read as
DELETE FROM document_content
WHERE document_uuid = :document_uuid AND kind = 'text'
