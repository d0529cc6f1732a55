-- :name adopt_documents :many
-- :doc Gives a user the documents without an owner, but those of sources that the user has already
UPDATE document
SET user_id = :owner_id, updated_at = clock_timestamp()
WHERE
    user_id IS NULL
    AND NOT EXISTS (
        SELECT FROM document AS own
        WHERE own.user_id = :owner_id AND own.source_md5 = document.source_md5
    )
RETURNING uuid, bytes, status
