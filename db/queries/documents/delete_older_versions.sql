-- :name delete_older_versions :many
-- :doc Deletes what was ingested before a document from the same owner and source
DELETE FROM document AS older
USING document AS newer
WHERE
    newer.uuid = :uuid
    AND older.id < newer.id
    AND older.source = newer.source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND older.source_md5 = newer.source_md5
    AND older.user_id IS NOT DISTINCT FROM newer.user_id
RETURNING older.uuid
