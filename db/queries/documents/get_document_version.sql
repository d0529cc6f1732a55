-- :name get_document_version :one
-- :doc The version of an owner's source that has these bytes, unless it failed
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE
    source = :source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND source_md5 = md5(:source)
    AND sha256 = :sha256
    AND user_id IS NOT DISTINCT FROM :user_id
    AND status <> 'failed'
