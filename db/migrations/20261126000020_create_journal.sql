-- migrate:up
CREATE TABLE process (
    uuid uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE process IS 'Processes of the service: each says every second that it is alive.';
COMMENT ON COLUMN process.seen_at IS 'When it said so last.';

ALTER TABLE message ADD COLUMN process_uuid uuid;
ALTER TABLE message ADD COLUMN cancel_requested_at timestamptz;
ALTER TABLE message ADD COLUMN followed_at timestamptz;
COMMENT ON COLUMN message.process_uuid IS 'Of an answer: the process that generates it. No reference: it outlives that.';
COMMENT ON COLUMN message.cancel_requested_at IS 'Of an answer under way: when somebody asked another process to cancel it.';
COMMENT ON COLUMN message.followed_at IS 'Of an answer under way: when a reader of another process said last that it follows.';

CREATE TABLE journal (
    message_uuid uuid NOT NULL REFERENCES message (uuid) ON DELETE CASCADE,
    position integer NOT NULL,
    user_id bigint,
    text text,
    deltas json NOT NULL,
    error json,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (message_uuid, position)
);
CREATE INDEX journal_created_at_idx ON journal (created_at);

COMMENT ON TABLE journal IS 'The deltas of streamed answers, so that a stream can be sent once more: some at a time while one is generated, in one row afterwards.';
COMMENT ON COLUMN journal.position IS 'How many deltas of the answer come before these.';
COMMENT ON COLUMN journal.user_id IS 'The owner of the message.';
COMMENT ON COLUMN journal.text IS 'Their text; null once the message holds it.';
COMMENT ON COLUMN journal.deltas IS 'Their lengths, and what else a delta has, where it changes.';
COMMENT ON COLUMN journal.error IS 'The error event that ended the stream, if one did.';

ALTER TABLE journal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON journal
USING (
    (SELECT current_setting('app.caller', true))
    IN ('service', coalesce(CAST(user_id AS text), 'nobody'))
);

ALTER TABLE idempotency_key ADD COLUMN message_uuid uuid;
COMMENT ON COLUMN idempotency_key.message_uuid IS 'Of a stream: the message whose journal is sent again. No reference: the key outlives it.';
COMMENT ON COLUMN idempotency_key.body IS 'Of the answer, byte for byte; null: it is a stream.';

-- migrate:down
ALTER TABLE idempotency_key DROP COLUMN message_uuid;
COMMENT ON COLUMN idempotency_key.body IS 'Of the answer, byte for byte; of a stream its `done` event.';
DROP TABLE journal;
ALTER TABLE message DROP COLUMN followed_at;
ALTER TABLE message DROP COLUMN cancel_requested_at;
ALTER TABLE message DROP COLUMN process_uuid;
DROP TABLE process;
