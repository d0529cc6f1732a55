-- :name delete_source :many
-- :doc Deletes every document of a source and owner
DELETE FROM document
WHERE md5(source) = md5(:source) AND source = :source AND user_id IS NOT DISTINCT FROM :user_id
RETURNING uuid
