-- :name get_ready_document :one
-- :doc What a document that is to be read anew was read as
SELECT
    uuid, user_id, given_title, source, metadata, file_name, declared_type, passages_done,
    passages_total, text_sha256
FROM document
WHERE uuid = :uuid AND status = 'ready'
