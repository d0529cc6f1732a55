-- :name retry_documents :many
-- :doc Has failed documents ingested again, or those of :uuids, whose bytes are kept
WITH retried AS (
    UPDATE document
    SET status = 'pending', error = NULL, passages_done = 0, updated_at = clock_timestamp()
    WHERE
        status = 'failed'
        AND (CAST(:uuids AS uuid[]) IS NULL OR uuid = ANY(CAST(:uuids AS uuid[])))
        AND EXISTS (
            SELECT FROM document_content WHERE document_uuid = document.uuid AND kind = 'file'
        )
        -- Its points may still be purged, which would take the new ones as well.
        AND NOT EXISTS (SELECT FROM job WHERE job.document_uuid = document.uuid)
        -- A newer version has taken its place.
        AND NOT EXISTS (
            SELECT FROM document AS other
            WHERE
                other.source_md5 = document.source_md5
                AND other.user_id IS NOT DISTINCT FROM document.user_id
                AND other.id > document.id
        )
    RETURNING uuid, bytes
)
INSERT INTO job (kind, document_uuid, bytes)
SELECT 'ingest', uuid, bytes
FROM retried
RETURNING document_uuid AS uuid
