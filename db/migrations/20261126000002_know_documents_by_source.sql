-- migrate:up
-- A document is its owner and its source: another source is another document, whatever its bytes.
DROP INDEX document_sha256_key;
-- The same bytes of the same source are there once, unless they failed.
CREATE UNIQUE INDEX document_version_key
ON document (user_id, md5(source), sha256) NULLS NOT DISTINCT WHERE status <> 'failed';

COMMENT ON COLUMN document.sha256 IS 'Of the original bytes, in hexadecimal: the same bytes of the same source are not ingested twice.';

-- migrate:down
-- Of documents with the same bytes the oldest stays, and of the others no point.
WITH gone AS (
    DELETE FROM document AS younger
    USING document AS older
    WHERE
        older.sha256 = younger.sha256
        AND older.user_id IS NOT DISTINCT FROM younger.user_id
        AND older.id < younger.id
        AND older.status <> 'failed'
        AND younger.status <> 'failed'
    RETURNING younger.uuid
)
INSERT INTO job (kind, document_uuid)
SELECT 'purge', uuid FROM gone;
DROP INDEX document_version_key;
CREATE UNIQUE INDEX document_sha256_key
ON document (user_id, sha256) NULLS NOT DISTINCT WHERE status <> 'failed';

COMMENT ON COLUMN document.sha256 IS 'Of the original bytes, in hexadecimal: the same bytes are not ingested twice.';
