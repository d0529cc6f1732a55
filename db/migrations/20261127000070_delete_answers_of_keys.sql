-- migrate:up
ALTER TABLE idempotency_key ADD COLUMN answer_uuid uuid REFERENCES message (uuid) ON DELETE CASCADE;
-- Deleting a message looks for the keys that hold it.
CREATE INDEX idempotency_key_answer_uuid_idx ON idempotency_key (answer_uuid) WHERE answer_uuid IS NOT NULL;

COMMENT ON COLUMN idempotency_key.answer_uuid IS 'Of an answer to a question that is no stream: its message, with which the key is deleted.';

-- migrate:down
ALTER TABLE idempotency_key DROP COLUMN answer_uuid;
