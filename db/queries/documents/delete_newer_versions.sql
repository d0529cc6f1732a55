-- :name delete_newer_versions :many
-- :doc Deletes what is still being ingested from the source and owner of an older document
DELETE FROM document AS newer
USING document AS older
WHERE
    older.uuid = :uuid
    AND newer.id > older.id
    AND newer.source = older.source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND newer.source_md5 = older.source_md5
    AND newer.user_id IS NOT DISTINCT FROM older.user_id
    AND newer.status IN ('pending', 'processing')
RETURNING newer.uuid
