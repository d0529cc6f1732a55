-- :name delete_document :one
-- :doc Deletes a document that is the caller's and, with it, its passages
DELETE FROM document
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
RETURNING uuid
