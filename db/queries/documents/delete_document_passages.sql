-- :name delete_document_passages :affected
-- :doc Deletes the passages of a document that failed
DELETE FROM passage
WHERE document_uuid = :document_uuid
