-- migrate:up
ALTER TABLE document
    ADD COLUMN status text NOT NULL DEFAULT 'ready'
    CHECK (status IN ('pending', 'processing', 'ready', 'failed')),
    ADD COLUMN error text,
    ADD COLUMN passages_total integer,
    ADD COLUMN passages_done integer NOT NULL DEFAULT 0,
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT clock_timestamp();

COMMENT ON COLUMN document.status IS 'Only the passages of a ready document can be found.';
COMMENT ON COLUMN document.error IS 'Why it failed, as a sentence for its owner.';
COMMENT ON COLUMN document.passages_done IS 'How many passages are written, from the first on: where a broken off ingestion goes on.';

UPDATE document
SET
    passages_total = passages.count,
    passages_done = passages.count
FROM (SELECT document_uuid, count(*) AS count FROM passage GROUP BY document_uuid) AS passages
WHERE document.uuid = passages.document_uuid;

ALTER TABLE document ALTER COLUMN status DROP DEFAULT;

-- A newer version of a source is made ready beside the old one, which it then replaces.
DROP INDEX document_owner_source_key;
-- Its digest, because an index entry has 2.7 KB at most and a source may be longer.
CREATE UNIQUE INDEX document_ready_source_key
ON document (user_id, md5(source)) NULLS NOT DISTINCT WHERE status = 'ready';
-- The same bytes from the same owner are one document, unless they failed.
CREATE UNIQUE INDEX document_sha256_key
ON document (user_id, sha256) NULLS NOT DISTINCT WHERE status <> 'failed';

CREATE TABLE work (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('ingest', 'index', 'purge')),
    document_uuid uuid NOT NULL,
    content bytea,
    attempts integer NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease uuid
);

COMMENT ON TABLE work IS 'What is to be done to the index; a row goes when it is done.';
COMMENT ON COLUMN work.kind IS 'ingest: content to passages and points; index: passages to points; purge: points away.';
COMMENT ON COLUMN work.document_uuid IS 'No reference: a purge outlives its document.';
COMMENT ON COLUMN work.content IS 'The uploaded bytes, until they are ingested.';
COMMENT ON COLUMN work.run_at IS 'Not before; a worker that has taken it keeps moving this ahead, and one that died stops.';
COMMENT ON COLUMN work.lease IS 'Drawn by the worker that took it: who has lost it may write nothing any more.';

-- Workers ask for the oldest work that is due.
CREATE INDEX work_run_at_idx ON work (run_at);
-- A purge waits for the ingestion of the same document; clients look at one document's work.
CREATE INDEX work_document_uuid_idx ON work (document_uuid);

-- migrate:down
DROP TABLE work;
DELETE FROM document WHERE status <> 'ready';
DROP INDEX document_sha256_key;
DROP INDEX document_ready_source_key;
CREATE UNIQUE INDEX document_owner_source_key ON document (user_id, source) NULLS NOT DISTINCT;
ALTER TABLE document
    DROP COLUMN status,
    DROP COLUMN error,
    DROP COLUMN passages_total,
    DROP COLUMN passages_done,
    DROP COLUMN updated_at;
