-- migrate:up
CREATE TABLE index_version (
    collection text PRIMARY KEY,
    version integer NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE index_version IS 'By which version of the code the index of a collection was written.';
COMMENT ON COLUMN index_version.collection IS 'QDRANT_COLLECTION_NAME.';
COMMENT ON COLUMN index_version.version IS 'INDEX_VERSION of the newest code that has started on it, which queued the reindexing of what was older.';

-- migrate:down
DROP TABLE index_version;
