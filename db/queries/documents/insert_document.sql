-- :name insert_document :affected
-- :doc Inserts a document; its passages follow in the same transaction
INSERT INTO document (uuid, user_id, title, source, media_type, bytes, sha256, metadata)
VALUES (
    :uuid, :user_id, :title, :source, :media_type, :bytes, :sha256, CAST(:metadata AS jsonb)
)
