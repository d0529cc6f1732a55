-- migrate:up
-- Each ingestion looks for other versions of its source, which may be too long for an index entry.
CREATE INDEX document_source_idx ON document (md5(source));

-- migrate:down
DROP INDEX document_source_idx;
