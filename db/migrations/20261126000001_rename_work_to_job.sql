-- migrate:up
-- A claimed row of work is a job in every other system of this kind, and here as well.
ALTER TABLE work RENAME TO job;
ALTER TABLE job RENAME CONSTRAINT work_pkey TO job_pkey;
ALTER TABLE job RENAME CONSTRAINT work_kind_check TO job_kind_check;
ALTER SEQUENCE work_id_seq RENAME TO job_id_seq;
ALTER INDEX work_run_at_idx RENAME TO job_run_at_idx;
ALTER INDEX work_document_uuid_idx RENAME TO job_document_uuid_idx;

ALTER TABLE work_content RENAME TO job_content;
ALTER TABLE job_content RENAME COLUMN work_id TO job_id;
ALTER TABLE job_content RENAME COLUMN piece TO part;
ALTER TABLE job_content RENAME CONSTRAINT work_content_pkey TO job_content_pkey;
ALTER TABLE job_content RENAME CONSTRAINT work_content_work_id_fkey TO job_content_job_id_fkey;

-- Postgres 18 names these as well.
DO $$
DECLARE
    old_name text;
BEGIN
    FOR old_name IN
        SELECT conname FROM pg_constraint
        WHERE contype = 'n' AND conrelid IN ('job'::regclass, 'job_content'::regclass)
    LOOP
        EXECUTE format(
            'ALTER TABLE %I RENAME CONSTRAINT %I TO %I',
            CASE WHEN old_name LIKE 'work_content%' THEN 'job_content' ELSE 'job' END,
            old_name,
            replace(replace(replace(old_name, 'work_id', 'job_id'), 'work', 'job'), 'piece', 'part')
        );
    END LOOP;
END
$$;

-- So that claiming looks at this table alone.
ALTER TABLE job ADD COLUMN bytes bigint NOT NULL DEFAULT 0;
UPDATE job SET bytes = document.bytes FROM document WHERE document.uuid = job.document_uuid;

COMMENT ON TABLE job IS 'What is to be done besides requests; a row goes when it is done.';
COMMENT ON COLUMN job.bytes IS 'The size of the document that it is about: small ones are not kept waiting by large ones.';
COMMENT ON COLUMN job.attempts IS 'How often it was claimed: each further attempt waits longer.';
COMMENT ON COLUMN job.run_at IS 'Not before; the worker that claimed it keeps moving this ahead, and one that died stops.';
COMMENT ON COLUMN job.lease IS 'Drawn by the worker that claimed it; a worker whose lease was replaced may write nothing more.';
COMMENT ON TABLE job_content IS 'The uploaded bytes, until they are ingested: in parts, since a driver that takes 20 MB at once stops the process for a fifth of a second, and needs four times as much memory.';

-- migrate:down
ALTER TABLE job DROP COLUMN bytes;

ALTER TABLE job_content RENAME CONSTRAINT job_content_job_id_fkey TO work_content_work_id_fkey;
ALTER TABLE job_content RENAME CONSTRAINT job_content_pkey TO work_content_pkey;
ALTER TABLE job_content RENAME COLUMN part TO piece;
ALTER TABLE job_content RENAME COLUMN job_id TO work_id;
ALTER TABLE job_content RENAME TO work_content;

ALTER INDEX job_document_uuid_idx RENAME TO work_document_uuid_idx;
ALTER INDEX job_run_at_idx RENAME TO work_run_at_idx;
ALTER SEQUENCE job_id_seq RENAME TO work_id_seq;
ALTER TABLE job RENAME CONSTRAINT job_kind_check TO work_kind_check;
ALTER TABLE job RENAME CONSTRAINT job_pkey TO work_pkey;
ALTER TABLE job RENAME TO work;

DO $$
DECLARE
    old_table text;
    old_name text;
BEGIN
    FOR old_table, old_name IN
        SELECT conrelid::regclass, conname FROM pg_constraint
        WHERE contype = 'n' AND conrelid IN ('work'::regclass, 'work_content'::regclass)
    LOOP
        EXECUTE format(
            'ALTER TABLE %s RENAME CONSTRAINT %I TO %I',
            old_table,
            old_name,
            replace(replace(old_name, 'job', 'work'), 'part', 'piece')
        );
    END LOOP;
END
$$;

COMMENT ON TABLE work IS 'What is to be done to the index; a row goes when it is done.';
COMMENT ON COLUMN work.attempts IS 'How often it was taken: each further one waits longer.';
COMMENT ON COLUMN work.run_at IS 'Not before; a worker that has taken it keeps moving this ahead, and one that died stops.';
COMMENT ON COLUMN work.lease IS 'Drawn by the worker that took it: who has lost it may write nothing any more.';
COMMENT ON TABLE work_content IS 'The uploaded bytes, until they are ingested: in pieces, since a driver that takes 20 MB at once stops the process for a fifth of a second, and needs four times as much memory.';
