-- migrate:up
ALTER TABLE index_version ADD COLUMN index_uuid uuid;
ALTER TABLE job ADD COLUMN index_uuid uuid;

COMMENT ON TABLE index_version IS 'The index of this database, and by which version of the code it was written. There is one; those of before indexes had a uuid may be several.';
COMMENT ON COLUMN index_version.index_uuid IS 'Kept in the index itself: another one has another; null: written before indexes had one.';
COMMENT ON COLUMN job.index_uuid IS 'The index that the worker has which claimed it: once that is not the index of this database, nothing more may be written for the job; null: of a job that is not about documents.';

-- migrate:down
ALTER TABLE job DROP COLUMN index_uuid;
ALTER TABLE index_version DROP COLUMN index_uuid;

COMMENT ON TABLE index_version IS 'By which version of the code the index of a collection was written.';
