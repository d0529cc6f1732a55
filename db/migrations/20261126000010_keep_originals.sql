-- migrate:up
-- The policies bind an owner of the tables as well, unless they are a superuser.
SET LOCAL app.caller = 'service';
CREATE TABLE document_content (
    document_uuid uuid NOT NULL REFERENCES document (uuid) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('file', 'text')),
    ordinal integer NOT NULL,
    part bytea NOT NULL,
    PRIMARY KEY (document_uuid, kind, ordinal)
);

-- Compressing takes longer than writing, and much of it is compressed already.
ALTER TABLE document_content ALTER COLUMN part SET STORAGE EXTERNAL;

COMMENT ON TABLE document_content IS 'The original bytes of a document, and the text that they were read as: in parts of 128 KiB, since a driver that takes 20 MB at once stops the process for a fifth of a second.';
COMMENT ON COLUMN document_content.kind IS 'file: the bytes as they came; text: the text in UTF-8, in which the offsets of passages count characters.';
COMMENT ON COLUMN document_content.ordinal IS 'From 0 on, without a gap.';

-- What is kept belongs to whom its document belongs to. OFFSET 0: Postgres looks the one document
-- up, where it might read them all.
ALTER TABLE document_content ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON document_content
USING (
    (SELECT current_setting('app.caller', true)) = 'service'
    OR EXISTS (
        SELECT FROM document
        WHERE
            document.uuid = document_content.document_uuid
            AND coalesce(CAST(document.user_id AS text), 'nobody')
            = (SELECT current_setting('app.caller', true))
        OFFSET 0
    )
);
CREATE POLICY shared ON document_content FOR SELECT
USING (
    (SELECT current_setting('app.caller', true)) <> ''
    AND EXISTS (
        SELECT FROM document
        WHERE document.uuid = document_content.document_uuid AND document.user_id IS NULL
        OFFSET 0
    )
);

ALTER TABLE document ADD COLUMN given_title text;
ALTER TABLE document ADD COLUMN file_name text;
ALTER TABLE document ADD COLUMN declared_type text;
ALTER TABLE document ADD COLUMN text_bytes bigint;
ALTER TABLE document ADD COLUMN text_sha256 text;
COMMENT ON COLUMN document.given_title IS 'What its owner calls it; null: its title is the one that it gives itself, or its name.';
COMMENT ON COLUMN document.file_name IS 'What the file was called where it came from, if it had a name; its source may be another one.';
COMMENT ON COLUMN document.declared_type IS 'The media type that the file was labelled with; null: it was given as text, which is taken as it is.';
COMMENT ON COLUMN document.text_bytes IS 'Of the text that it was read as, in UTF-8; null: it has not been read, or the text was not kept yet when it was.';
COMMENT ON COLUMN document.text_sha256 IS 'Of those bytes, in hexadecimal.';
COMMENT ON COLUMN document.error IS 'Why it failed; of a document that is ready, what of it could not be read.';

-- What waits for its ingestion keeps its title and its label: text/plain alone was that of given texts.
UPDATE document SET given_title = nullif(title, regexp_replace(source, '^.*/', ''))
WHERE status IN ('pending', 'processing');
UPDATE document SET declared_type = media_type
WHERE status IN ('pending', 'processing') AND media_type <> 'text/plain';
INSERT INTO document_content (document_uuid, kind, ordinal, part)
SELECT job.document_uuid, 'file', job_content.ordinal, job_content.part
FROM job_content
INNER JOIN job ON job_content.job_id = job.id
INNER JOIN document ON job.document_uuid = document.uuid
ON CONFLICT DO NOTHING;
DROP TABLE job_content;

ALTER TABLE passage ADD COLUMN table_header text;
COMMENT ON COLUMN passage.table_header IS 'Of a passage that begins within a table: the header of that table, which is embedded, indexed and in the prompt beside the text.';

ALTER TABLE job DROP CONSTRAINT job_kind_check;
ALTER TABLE job ADD CONSTRAINT job_kind_check
CHECK (kind IN ('ingest', 'reingest', 'index', 'purge', 'sweep', 'mail'));
COMMENT ON COLUMN job.kind IS 'ingest: content to passages and points; reingest: the same for a document that is ready, and stays to be found meanwhile; index: passages to points; purge: points away; sweep: away with points that nothing in Postgres stands for; mail: a magic link to an address.';

-- migrate:down
SET LOCAL app.caller = 'service';
CREATE TABLE job_content (
    job_id bigint NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    part bytea NOT NULL,
    PRIMARY KEY (job_id, ordinal)
);
ALTER TABLE job_content ALTER COLUMN part SET STORAGE EXTERNAL;
COMMENT ON TABLE job_content IS 'The uploaded bytes, until they are ingested: in parts, since a driver that takes 20 MB at once stops the process for a fifth of a second, and needs four times as much memory.';
COMMENT ON COLUMN job_content.ordinal IS 'From 0 on, without a gap.';
ALTER TABLE job_content ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY job ON job_content
USING (
    (SELECT current_setting('app.caller', true)) = 'service'
    OR EXISTS (SELECT FROM job WHERE job.id = job_content.job_id OFFSET 0)
);
INSERT INTO job_content (job_id, ordinal, part)
SELECT job.id, document_content.ordinal, document_content.part
FROM document_content
INNER JOIN job ON document_content.document_uuid = job.document_uuid
WHERE job.kind = 'ingest' AND document_content.kind = 'file';

DELETE FROM job WHERE kind = 'reingest';
ALTER TABLE job DROP CONSTRAINT job_kind_check;
ALTER TABLE job ADD CONSTRAINT job_kind_check
CHECK (kind IN ('ingest', 'index', 'purge', 'sweep', 'mail'));
COMMENT ON COLUMN job.kind IS 'ingest: content to passages and points; index: passages to points; purge: points away; sweep: away with points that nothing in Postgres stands for; mail: a magic link to an address.';

ALTER TABLE passage DROP COLUMN table_header;
COMMENT ON COLUMN document.error IS 'Why it failed, as a sentence for its owner.';
ALTER TABLE document DROP COLUMN text_sha256;
ALTER TABLE document DROP COLUMN text_bytes;
ALTER TABLE document DROP COLUMN declared_type;
ALTER TABLE document DROP COLUMN file_name;
ALTER TABLE document DROP COLUMN given_title;
DROP TABLE document_content;
