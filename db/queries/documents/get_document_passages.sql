-- :name get_document_passages :many
-- :doc The passages of a document from an ordinal on, with what is embedded and filtered with them
SELECT
    passage.uuid, passage.ordinal, passage.headings, passage.table_header, passage.text,
    document.title, document.user_id, document.source, document.metadata
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE passage.document_uuid = :document_uuid AND passage.ordinal >= :first
ORDER BY passage.ordinal
LIMIT :limit
