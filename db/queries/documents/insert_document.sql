-- :name insert_document :one
-- :doc Inserts a pending document; nothing where its owner has these bytes already
INSERT INTO document (
    uuid, user_id, title, source, media_type, bytes, sha256, metadata, status
)
VALUES (
    :uuid, :user_id, :title, :source, :media_type, :bytes, :sha256, CAST(:metadata AS jsonb),
    'pending'
)
ON CONFLICT (user_id, sha256) WHERE status <> 'failed' DO NOTHING
RETURNING
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
