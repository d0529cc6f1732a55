-- :name publish_document :affected
-- :doc Makes a document findable, unless a newer version of its source is already
UPDATE document
SET status = 'ready', updated_at = clock_timestamp()
WHERE
    uuid = :uuid
    AND NOT EXISTS (
        SELECT 1
        FROM document AS newer
        WHERE
            newer.id > document.id
            AND newer.source = document.source
            -- Of the digest there is an index; a whole source may be too long for one.
            AND newer.source_md5 = document.source_md5
            AND newer.user_id IS NOT DISTINCT FROM document.user_id
            AND newer.status = 'ready'
    )
