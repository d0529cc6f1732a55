-- :name measure_document :affected
-- :doc Notes what parsing found: title, media type and number of passages
UPDATE document
SET
    title = :title,
    media_type = :media_type,
    passages_total = :passages_total,
    updated_at = clock_timestamp()
WHERE uuid = :uuid
