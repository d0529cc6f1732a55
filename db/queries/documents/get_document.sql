-- :name get_document :one
-- :doc A document that the caller may see
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE uuid = :uuid AND (user_id IS NULL OR user_id = :user_id)
