-- migrate:up
ALTER TABLE document ADD COLUMN is_sample boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN document.is_sample IS 'Whether it is there for newcomers to ask about: it leaves as soon as another document comes in.';

-- Each upload looks for samples, and mostly there are none.
CREATE INDEX document_sample_idx ON document (uuid) WHERE is_sample;

-- Whoever puts a document in takes the samples out; otherwise a shared document is left as it is.
CREATE POLICY sample ON document FOR DELETE
USING (
    is_sample AND user_id IS NULL AND (SELECT current_setting('app.caller', true)) <> ''
);

-- A start looks here whether there has ever been a document.
GRANT SELECT ON SEQUENCE document_id_seq TO brag_app;

-- migrate:down
REVOKE SELECT ON SEQUENCE document_id_seq FROM brag_app;
DROP POLICY sample ON document;
ALTER TABLE document DROP COLUMN is_sample;
