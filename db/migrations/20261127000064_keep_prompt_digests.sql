-- migrate:up
ALTER TABLE message ADD COLUMN parameters jsonb;
ALTER TABLE message ADD COLUMN prompt_sha256 text;

COMMENT ON COLUMN message.parameters IS 'Of an answer: what was asked for besides the question; null before it was kept.';
COMMENT ON COLUMN message.prompt_sha256 IS 'Of an answer: the digest of what the model was told, as canonical JSON (RFC 8785); null where it was told nothing, and before it was kept.';
COMMENT ON COLUMN message.sources IS 'The passages that were put into the prompt, in prompt order, as they were then, each with the header of its table, the digest of its document''s bytes and whether that is shared.';

-- migrate:down
ALTER TABLE message DROP COLUMN prompt_sha256;
ALTER TABLE message DROP COLUMN parameters;

COMMENT ON COLUMN message.sources IS 'The passages that were put into the prompt, in prompt order, as they were then, each with the header of its table.';
