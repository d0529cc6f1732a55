-- migrate:up
ALTER TABLE work
    DROP CONSTRAINT work_kind_check,
    ADD CONSTRAINT work_kind_check CHECK (kind IN ('ingest', 'index', 'purge', 'sweep'));

COMMENT ON COLUMN work.kind IS 'ingest: content to passages and points; index: passages to points; purge: points away; sweep: away with points that nothing in Postgres stands for.';
COMMENT ON COLUMN work.document_uuid IS 'No reference: a purge outlives its document. Of a sweep, which is about no single one, all zeros.';

-- migrate:down
DELETE FROM work WHERE kind = 'sweep';
ALTER TABLE work
    DROP CONSTRAINT work_kind_check,
    ADD CONSTRAINT work_kind_check CHECK (kind IN ('ingest', 'index', 'purge'));

COMMENT ON COLUMN work.kind IS 'ingest: content to passages and points; index: passages to points; purge: points away.';
COMMENT ON COLUMN work.document_uuid IS 'No reference: a purge outlives its document.';
