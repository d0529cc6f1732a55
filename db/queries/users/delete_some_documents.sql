-- :name delete_some_documents :affected
-- :doc Deletes at most :most documents of a user, and leaves their points to purge jobs
WITH gone AS (
    DELETE FROM document
    WHERE uuid IN (SELECT uuid FROM document WHERE user_id = :owner_id LIMIT :most)
    RETURNING uuid
)
INSERT INTO job (kind, document_uuid)
SELECT 'purge', uuid
FROM gone
