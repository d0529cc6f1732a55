-- :name delete_passages :affected
-- :doc Deletes the passages of a document that failed
DELETE FROM passage
WHERE document_uuid = :document_uuid
