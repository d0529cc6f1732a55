-- migrate:up
ALTER TABLE message
ADD CONSTRAINT message_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
-- A user's messages are listed, newest first.
CREATE INDEX message_user_id_id_idx ON message (user_id, id) WHERE user_id IS NOT NULL;

ALTER TABLE document
ADD CONSTRAINT document_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
-- Deleting a user looks for their documents.
CREATE INDEX document_user_id_idx ON document (user_id);

-- md5() is not leakproof: under row-level security no index on it would be used.
ALTER TABLE document ADD COLUMN source_md5 text GENERATED ALWAYS AS (md5(source)) STORED;
DROP INDEX document_source_idx;
DROP INDEX document_ready_source_key;
DROP INDEX document_version_key;
-- The newest version of a source is looked for; a whole source may be too long for an index.
CREATE INDEX document_source_md5_idx ON document (source_md5);
CREATE UNIQUE INDEX document_ready_source_key
ON document (user_id, source_md5) NULLS NOT DISTINCT WHERE status = 'ready';
CREATE UNIQUE INDEX document_version_key
ON document (user_id, source_md5, sha256) NULLS NOT DISTINCT WHERE status <> 'failed';

-- So that the policy of passages looks at no other table: it might read all documents.
ALTER TABLE passage ADD COLUMN user_id bigint;
UPDATE passage SET user_id = document.user_id
FROM document
WHERE document.uuid = passage.document_uuid AND document.user_id IS NOT NULL;

ALTER TABLE job ADD COLUMN user_id bigint;
ALTER TABLE job ADD COLUMN payload jsonb;
ALTER TABLE job DROP CONSTRAINT job_kind_check;
ALTER TABLE job ADD CONSTRAINT job_kind_check
CHECK (kind IN ('ingest', 'index', 'purge', 'sweep', 'mail'));

COMMENT ON COLUMN document.source_md5 IS 'What indexes know of the source, which may be long.';
COMMENT ON COLUMN passage.user_id IS 'The owner of its document; null: shared with everyone.';
COMMENT ON COLUMN job.user_id IS 'Whose request made it; null: nobody''s, or the service itself. No reference: a purge outlives its user.';
COMMENT ON COLUMN job.payload IS 'Of a mail: the address, and whether it is a registration.';
COMMENT ON COLUMN job.kind IS 'ingest: content to passages and points; index: passages to points; purge: points away; sweep: away with points that nothing in Postgres stands for; mail: a magic link to an address.';
COMMENT ON COLUMN job.document_uuid IS 'No reference: a purge outlives its document. Of a job that is about no single one, all zeros.';

-- migrate:down
-- Nobody can have them any more: without an owner they would be everybody's.
INSERT INTO job (kind, document_uuid) SELECT 'purge', uuid FROM document WHERE user_id IS NOT NULL;
DELETE FROM document WHERE user_id IS NOT NULL;
DELETE FROM message WHERE user_id IS NOT NULL;
DELETE FROM job WHERE kind = 'mail';
ALTER TABLE job DROP CONSTRAINT job_kind_check;
ALTER TABLE job ADD CONSTRAINT job_kind_check
CHECK (kind IN ('ingest', 'index', 'purge', 'sweep'));
ALTER TABLE job DROP COLUMN payload;
ALTER TABLE job DROP COLUMN user_id;
ALTER TABLE passage DROP COLUMN user_id;

DROP INDEX document_version_key;
DROP INDEX document_ready_source_key;
DROP INDEX document_source_md5_idx;
ALTER TABLE document DROP COLUMN source_md5;
CREATE INDEX document_source_idx ON document (md5(source));
CREATE UNIQUE INDEX document_ready_source_key
ON document (user_id, md5(source)) NULLS NOT DISTINCT WHERE status = 'ready';
CREATE UNIQUE INDEX document_version_key
ON document (user_id, md5(source), sha256) NULLS NOT DISTINCT WHERE status <> 'failed';

DROP INDEX document_user_id_idx;
ALTER TABLE document DROP CONSTRAINT document_user_id_fkey;
DROP INDEX message_user_id_id_idx;
ALTER TABLE message DROP CONSTRAINT message_user_id_fkey;

COMMENT ON COLUMN job.kind IS 'ingest: content to passages and points; index: passages to points; purge: points away; sweep: away with points that nothing in Postgres stands for.';
COMMENT ON COLUMN job.document_uuid IS 'No reference: a purge outlives its document. Of a sweep, which is about no single one, all zeros.';
