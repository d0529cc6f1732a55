-- :name fail_document :affected
-- :doc Ends an ingestion with the reason why it failed
UPDATE document
SET status = 'failed', error = :error, updated_at = clock_timestamp()
WHERE uuid = :uuid
