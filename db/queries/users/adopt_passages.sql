-- :name adopt_passages :affected
-- :doc Gives a user the passages of the documents that are theirs
UPDATE passage
SET user_id = :owner_id
FROM document
WHERE
    passage.document_uuid = document.uuid
    AND document.user_id = :owner_id
    AND passage.user_id IS NULL
