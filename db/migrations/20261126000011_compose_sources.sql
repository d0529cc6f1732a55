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
        min(source COLLATE "C") OVER spellings <> max(source COLLATE "C") OVER spellings AS differ
    FROM document
    WINDOW spellings AS (PARTITION BY user_id, normalize(source, NFC))
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

-- Whose bytes are there already needs no ingestion, nor does what was sent before it.
WITH gone AS (
    DELETE FROM document AS waiting
    USING document AS last, document AS ready
    WHERE
        waiting.status IN ('pending', 'processing')
        AND last.status IN ('pending', 'processing')
        AND ready.status = 'ready'
        AND last.sha256 = ready.sha256
        AND last.source <> ready.source
        AND last.id >= waiting.id
        AND normalize(last.source, NFC) = normalize(ready.source, NFC)
        AND normalize(waiting.source, NFC) = normalize(ready.source, NFC)
        AND last.user_id IS NOT DISTINCT FROM ready.user_id
        AND waiting.user_id IS NOT DISTINCT FROM ready.user_id
    RETURNING waiting.uuid
)
INSERT INTO job (kind, document_uuid)
SELECT 'purge', uuid FROM gone;

-- Of two that wait with the same bytes the newer one is ingested.
WITH gone AS (
    DELETE FROM document AS older
    USING document AS newer
    WHERE
        older.status IN ('pending', 'processing')
        AND newer.status IN ('pending', 'processing')
        AND older.id < newer.id
        AND older.sha256 = newer.sha256
        AND older.source <> newer.source
        AND normalize(older.source, NFC) = normalize(newer.source, NFC)
        AND older.user_id IS NOT DISTINCT FROM newer.user_id
    RETURNING older.uuid
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
-- Nobody knows any more how a source was spelt.
COMMENT ON COLUMN document.source IS 'Where it came from: a path or an address; of each owner one document is ready for it, beside which a newer version may be on its way.';
