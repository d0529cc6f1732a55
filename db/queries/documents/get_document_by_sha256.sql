-- :name get_document_by_sha256 :one
-- :doc The owner's document of these bytes, unless it failed
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE sha256 = :sha256 AND user_id IS NOT DISTINCT FROM :user_id AND status <> 'failed'
