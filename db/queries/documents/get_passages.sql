-- :name get_passages :many
-- :doc The passages among these uuids that the caller may see, with their documents' names
SELECT
    passage.uuid, passage.document_uuid, document.title, document.source, passage.ordinal,
    passage."start", passage."end", passage.text
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE
    passage.uuid IN :uuids
    AND (document.user_id IS NULL OR document.user_id = :user_id)
