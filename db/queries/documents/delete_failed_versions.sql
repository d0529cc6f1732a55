-- :name delete_failed_versions :affected
-- :doc Deletes the failed versions of an owner's source: a new one takes their place
DELETE FROM document
WHERE
    source = :source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND source_md5 = md5(:source)
    AND user_id IS NOT DISTINCT FROM :user_id
    AND status = 'failed'
