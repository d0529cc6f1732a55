-- :name measure_document :affected
-- :doc Notes what parsing found: title, media type, the text's size and digest, what was unreadable
UPDATE document
SET
    title = :title,
    media_type = :media_type,
    text_bytes = :text_bytes,
    text_sha256 = :text_sha256,
    error = :fault,
    passages_total = :passages_total,
    passages_done = :passages_done,
    updated_at = clock_timestamp()
WHERE uuid = :uuid
