-- :name discard_document :affected
-- :doc Deletes a document, whoever owns it: a newer version of its source was quicker
DELETE FROM document
WHERE uuid = :uuid
