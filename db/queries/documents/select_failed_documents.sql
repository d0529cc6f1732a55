-- :name select_failed_documents :many
-- :doc Those of :uuids (as Postgres writes an array) that failed, or were not read anew
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE uuid = ANY(CAST(:uuids AS uuid[])) AND (status = 'failed' OR error = :not_read_anew)
ORDER BY id
