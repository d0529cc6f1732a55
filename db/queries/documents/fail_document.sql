-- :name fail_document :affected
-- :doc Ends an ingestion with the reason why it failed
UPDATE document
SET
    status = 'failed',
    error = :error,
    text_bytes = NULL,
    text_sha256 = NULL,
    updated_at = clock_timestamp()
WHERE uuid = :uuid
