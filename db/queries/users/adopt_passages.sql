-- :name adopt_passages :affected
-- :doc Gives a user the passages of a document
UPDATE passage
SET user_id = :owner_id
WHERE document_uuid = :document_uuid
