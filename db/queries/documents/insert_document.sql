-- :name insert_document :one
-- :doc Inserts a pending document
INSERT INTO document (
    uuid, user_id, title, given_title, source, media_type, file_name, declared_type, bytes, sha256,
    metadata, is_sample, status
)
VALUES (
    :uuid, :user_id, :title, :given_title, :source, :media_type, :file_name, :declared_type, :bytes,
    :sha256, CAST(:metadata AS jsonb), :is_sample, 'pending'
)
RETURNING
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
