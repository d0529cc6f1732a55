-- :name export_passages :many
-- :doc The passages of a document of the caller's from an ordinal on, for an export
SELECT passage.document_uuid, passage.ordinal, passage.page, passage.headings, passage.text
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE
    document.user_id = :user_id
    AND passage.document_uuid = :document_uuid
    AND passage.ordinal >= :first
ORDER BY passage.ordinal
LIMIT :limit
