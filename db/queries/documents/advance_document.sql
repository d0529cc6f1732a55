-- :name advance_document :affected
-- :doc Notes how many passages are written; nothing where the document has been deleted
UPDATE document
SET passages_done = :passages_done, updated_at = clock_timestamp()
WHERE uuid = :uuid
