-- :name delete_some_contents :affected
-- :doc Deletes at most :most parts of what is kept of a user's documents
DELETE FROM document_content
WHERE (document_uuid, kind, ordinal) IN (
    SELECT content.document_uuid, content.kind, content.ordinal
    FROM document_content AS content
    INNER JOIN document ON content.document_uuid = document.uuid
    WHERE document.user_id = :owner_id
    LIMIT :most
)
