-- :name adopt_documents :many
-- :doc Gives a user at most :most shared documents: none under way, none of a source that they have
UPDATE document
SET user_id = :owner_id, updated_at = clock_timestamp()
WHERE uuid IN (
    SELECT shared.uuid
    FROM document AS shared
    WHERE
        shared.user_id IS NULL
        AND shared.status <> 'processing'
        AND NOT EXISTS (
            SELECT FROM document AS own
            WHERE own.user_id = :owner_id AND own.source_md5 = shared.source_md5
        )
    LIMIT :most
)
RETURNING uuid, bytes, status
