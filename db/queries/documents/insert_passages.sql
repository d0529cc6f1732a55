-- :name insert_passages :affected
-- :doc Inserts the passages of a document; rows is a JSON array of them
INSERT INTO passage (
    uuid, document_uuid, user_id, ordinal, "start", "end", page, headings, table_header, text
)
SELECT
    given.uuid, :document_uuid, (SELECT user_id FROM document WHERE uuid = :document_uuid),
    given.ordinal, given."start", given."end", given.page,
    ARRAY(SELECT json_array_elements_text(given.headings)), given.table_header, given.text
FROM json_to_recordset(CAST(:rows AS json)) AS given (
    uuid uuid, ordinal integer, "start" integer, "end" integer, page integer, headings json,
    table_header text, text text
)
