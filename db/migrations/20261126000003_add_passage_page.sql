-- migrate:up
ALTER TABLE passage ADD COLUMN page integer;

COMMENT ON TABLE passage IS 'A part of a document small enough to embed; its vectors live in Qdrant under the same uuid.';
COMMENT ON COLUMN passage.page IS 'The page on which it begins, from 1 on; null: its type has no pages, or it was ingested before this was kept.';

-- migrate:down
COMMENT ON TABLE passage IS 'A piece of a document small enough to embed; its vectors live in Qdrant under the same uuid.';
ALTER TABLE passage DROP COLUMN page;
