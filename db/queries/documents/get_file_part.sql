-- :name get_file_part :scalar
-- :doc A part of the original bytes of a document, for its ingestion; nothing after the last one
SELECT part
FROM document_content
WHERE document_uuid = :document_uuid AND kind = 'file' AND ordinal = :ordinal
