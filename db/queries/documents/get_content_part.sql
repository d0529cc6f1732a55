-- :name get_content_part :scalar
-- :doc A part of the bytes or of the text with this digest, of a document that the caller may see
SELECT content.part
FROM document_content AS content
INNER JOIN document ON content.document_uuid = document.uuid
WHERE
    content.document_uuid = :document_uuid
    AND content.kind = :kind
    AND content.ordinal = :ordinal
    AND CASE content.kind WHEN 'file' THEN document.sha256 ELSE document.text_sha256 END = :sha256
    AND (document.user_id IS NULL OR document.user_id = :user_id)
