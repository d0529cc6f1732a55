-- :name get_passages :many
-- :doc The passages among these uuids, with their documents' names and whether the caller may see them
SELECT
    passage.uuid, passage.document_uuid, document.title, document.source, document.sha256 AS document_sha256,
    document.user_id IS NULL AS is_shared, passage.ordinal,
    passage."start", passage."end", passage.page, passage.headings,
    passage.table_header, passage.text,
    document.status = 'ready'
    AND (document.user_id IS NULL OR document.user_id = :user_id) AS visible
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE passage.uuid = ANY(CAST(:uuids AS uuid[]))
