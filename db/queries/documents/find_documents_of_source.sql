-- :name find_documents_of_source :many
-- :doc All versions of an owner's source
SELECT uuid
FROM document
WHERE
    source = :source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND source_md5 = md5(:source)
    AND user_id IS NOT DISTINCT FROM :user_id
