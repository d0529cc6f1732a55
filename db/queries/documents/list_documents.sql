-- :name list_documents :many
-- :doc The documents that the caller may see, newest first: those before one and in a status
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE
    (user_id IS NULL OR user_id = :user_id)
    AND (CAST(:before AS uuid) IS NULL OR uuid < :before)
    AND (CAST(:status AS text) IS NULL OR status = :status)
ORDER BY uuid DESC
LIMIT :limit
