-- :name delete_user :affected
-- :doc Deletes a user and all that is theirs; the points of their documents are left to purge jobs
WITH gone AS (
    SELECT id, email
    FROM users
    WHERE id = :owner_id
), purges AS (
    INSERT INTO job (kind, document_uuid)
    SELECT 'purge', document.uuid
    FROM document
    INNER JOIN gone ON document.user_id = gone.id
), mails AS (
    DELETE FROM job
    USING gone
    WHERE job.kind = 'mail' AND job.payload ->> 'email' = gone.email
), links AS (
    DELETE FROM magic_link
    USING gone
    WHERE magic_link.email = gone.email
)
DELETE FROM users
WHERE id = :owner_id
