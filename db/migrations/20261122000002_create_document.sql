-- migrate:up
CREATE TABLE document (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL CONSTRAINT document_uuid_key UNIQUE,
    user_id bigint,
    title text NOT NULL,
    source text NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE document IS 'The knowledge base: what passages are cut from.';
COMMENT ON COLUMN document.user_id IS 'Its owner; null: shared with everyone.';
COMMENT ON COLUMN document.source IS 'Where it came from: a path or an address; one document for each owner and source.';
COMMENT ON COLUMN document.sha256 IS 'Of the original bytes, in hexadecimal: the same bytes are not ingested twice.';

-- One document for each owner and source; null owners count as one.
CREATE UNIQUE INDEX document_owner_source_key ON document (user_id, source) NULLS NOT DISTINCT;

CREATE TABLE passage (
    uuid uuid PRIMARY KEY,
    document_uuid uuid NOT NULL REFERENCES document (uuid) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    "start" integer NOT NULL,
    "end" integer NOT NULL,
    headings text[] NOT NULL DEFAULT '{}',
    text text NOT NULL,
    CONSTRAINT passage_document_ordinal_key UNIQUE (document_uuid, ordinal)
);

COMMENT ON TABLE passage IS 'A piece of a document small enough to embed; its vectors live in Qdrant under the same uuid.';
COMMENT ON COLUMN passage.uuid IS 'UUIDv5 of the document and the ordinal: ingesting twice writes the same points.';
COMMENT ON COLUMN passage."start" IS 'First character of the passage in the text of the document.';
COMMENT ON COLUMN passage."end" IS 'Character after its last one.';
COMMENT ON COLUMN passage.headings IS 'The headings above it, outermost first.';

-- migrate:down
DROP TABLE passage;
DROP TABLE document;
