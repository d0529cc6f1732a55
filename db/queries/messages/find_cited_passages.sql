-- :name find_cited_passages :many
-- :doc Which documents that the caller may see are, or have replaced, those of passages, and these
-- passages as they are now; rows is a JSON array of them
SELECT
    given.number, document.uuid AS document_uuid,
    encode(sha256(convert_to(passage.text, 'UTF8')), 'hex') AS sha256
FROM json_to_recordset(CAST(:rows AS json)) AS given (
    number integer, document_uuid uuid, source text, shared boolean, "start" integer, "end" integer
)
INNER JOIN document
    ON
        document.uuid = given.document_uuid
        OR (
            document.source = given.source
            -- Of the digest there is an index; a whole source may be too long for one.
            AND document.source_md5 = md5(given.source)
            AND document.user_id IS NOT DISTINCT FROM
            CASE WHEN NOT given.shared THEN CAST(:user_id AS bigint) END
        )
LEFT JOIN passage
    ON
        passage.document_uuid = document.uuid
        AND document.uuid = given.document_uuid
        AND passage."start" = given."start"
        AND passage."end" = given."end"
WHERE document.status = 'ready' AND (document.user_id IS NULL OR document.user_id = :user_id)
