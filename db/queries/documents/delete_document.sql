-- :name delete_document :affected
-- :doc Deletes a document and, with it, its passages
DELETE FROM document
WHERE uuid = :uuid
