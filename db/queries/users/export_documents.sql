-- :name export_documents :many
-- :doc The caller's documents after a uuid, for an export
SELECT
    uuid, title, source, media_type, file_name, declared_type, bytes, sha256, metadata, status,
    created_at, updated_at
FROM document
WHERE user_id = :user_id AND (CAST(:after AS uuid) IS NULL OR uuid > :after)
ORDER BY uuid
LIMIT :limit
