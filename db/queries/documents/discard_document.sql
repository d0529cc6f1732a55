-- :name discard_document :affected
-- :doc Deletes a document of any owner: a newer version of its source was quicker
DELETE FROM document
WHERE uuid = :uuid
