-- :name insert_reingest_jobs :many
-- :doc Has documents read anew, or those of :uuids (as Postgres writes an array), whose bytes are kept
INSERT INTO job (kind, document_uuid, bytes)
SELECT 'reingest', document.uuid, document.bytes
FROM document
WHERE
    document.status = 'ready'
    AND (CAST(:uuids AS uuid[]) IS NULL OR document.uuid = ANY(CAST(:uuids AS uuid[])))
    AND EXISTS (
        SELECT FROM document_content WHERE document_uuid = document.uuid AND kind = 'file'
    )
    AND NOT EXISTS (
        SELECT FROM job AS waiting
        WHERE waiting.document_uuid = document.uuid AND waiting.kind = 'reingest'
    )
ORDER BY document.id
RETURNING document_uuid AS uuid
