-- migrate:up
-- The policies bind an owner of the tables as well, unless they are a superuser.
SET LOCAL app.caller = 'service';

-- Sources are compared in Unicode NFC (UAX 15). Of two that are one in it, the newer one stays,
-- unless it failed or has not been read yet.
WITH ranked AS (
    SELECT
        uuid,
        row_number() OVER (
            PARTITION BY user_id, normalize(source, NFC)
            ORDER BY CASE status WHEN 'ready' THEN 0 WHEN 'failed' THEN 2 ELSE 1 END, id DESC
        ) AS place,
        bool_or(source <> normalize(source, NFC))
        OVER (PARTITION BY user_id, normalize(source, NFC)) AS differ
    FROM document
),
gone AS (
    DELETE FROM document
    USING ranked
    WHERE
        document.uuid = ranked.uuid
        AND ranked.differ AND ranked.place > 1
        -- What is still to be ingested replaces the older one by itself.
        AND document.status NOT IN ('pending', 'processing')
    RETURNING document.uuid
)
INSERT INTO job (kind, document_uuid)
SELECT 'purge', uuid FROM gone;

-- Of those still to be ingested with the same bytes as a document that is there, none is needed.
WITH gone AS (
    DELETE FROM document AS waiting
    USING document AS other
    WHERE
        waiting.status IN ('pending', 'processing')
        AND other.status <> 'failed'
        AND waiting.uuid <> other.uuid
        AND waiting.sha256 = other.sha256
        AND waiting.source <> other.source
        AND normalize(waiting.source, NFC) = normalize(other.source, NFC)
        AND waiting.user_id IS NOT DISTINCT FROM other.user_id
        AND (other.status = 'ready' OR other.id > waiting.id)
    RETURNING waiting.uuid
)
INSERT INTO job (kind, document_uuid)
SELECT 'purge', uuid FROM gone;

-- The points of a document hold its source: they are written anew.
WITH renamed AS (
    UPDATE document SET source = normalize(source, NFC), title = normalize(title, NFC)
    WHERE source <> normalize(source, NFC)
    RETURNING uuid, bytes, status, passages_done
)
INSERT INTO job (kind, document_uuid, bytes)
SELECT 'index', uuid, bytes
FROM renamed
WHERE status = 'ready' OR (status = 'processing' AND passages_done > 0);

COMMENT ON COLUMN document.source IS 'Where it came from, in Unicode NFC: a path or an address; of each owner one document is ready for it, beside which a newer version may be on its way.';

-- migrate:down
COMMENT ON COLUMN document.source IS 'Where it came from: a path or an address; of each owner one document is ready for it, beside which a newer version may be on its way.';
