-- :name begin_document :one
-- :doc Notes that a document is being processed; nothing where it has been deleted
UPDATE document
SET status = 'processing', updated_at = clock_timestamp()
WHERE uuid = :uuid AND status IN ('pending', 'processing')
RETURNING
    uuid, user_id, given_title, source, metadata, file_name, declared_type, passages_done,
    passages_total, text_sha256
