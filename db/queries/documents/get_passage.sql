-- :name get_passage :one
-- :doc Where a passage stands, of a ready document that the caller may see
SELECT
    passage.document_uuid, passage.ordinal, passage."start", passage."end", passage.page,
    passage.headings, passage.text
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE
    passage.document_uuid = :document_uuid
    AND passage.ordinal = :ordinal
    AND document.status = 'ready'
    AND (document.user_id IS NULL OR document.user_id = :user_id)
