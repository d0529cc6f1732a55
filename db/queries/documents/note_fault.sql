-- :name note_fault :affected
-- :doc Notes what is wrong with a document that is ready
UPDATE document
SET error = :error, updated_at = clock_timestamp()
WHERE uuid = :uuid AND status = 'ready'
