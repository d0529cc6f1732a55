-- migrate:up
CREATE TABLE idempotency_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint REFERENCES users (id) ON DELETE CASCADE,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    lease uuid,
    leased_until timestamptz NOT NULL,
    status integer,
    content_type text,
    headers jsonb,
    body bytea,
    expires_at timestamptz NOT NULL,
    -- A key is looked for among its owner's; deleting a user looks for all of theirs.
    UNIQUE NULLS NOT DISTINCT (user_id, key)
);
-- Expired rows are deleted, the oldest first.
CREATE INDEX idempotency_key_expires_at_idx ON idempotency_key (expires_at);

COMMENT ON TABLE idempotency_key IS 'What a request with an Idempotency-Key was answered, for when it is sent again.';
COMMENT ON COLUMN idempotency_key.user_id IS 'Whose request it was; null: nobody''s.';
COMMENT ON COLUMN idempotency_key.key IS 'As the client chose it, without quotes.';
COMMENT ON COLUMN idempotency_key.fingerprint IS 'SHA-256 of the request: the same key with another is refused.';
COMMENT ON COLUMN idempotency_key.lease IS 'Of the process that answers; null: it is answered.';
COMMENT ON COLUMN idempotency_key.leased_until IS 'The process renews this; once it is past, the process has died.';
COMMENT ON COLUMN idempotency_key.status IS 'Of the answer, always 2xx; null: it is under way.';
COMMENT ON COLUMN idempotency_key.content_type IS 'Of the answer; null: it has none.';
COMMENT ON COLUMN idempotency_key.headers IS 'Other headers of the answer that are sent again, by name.';
COMMENT ON COLUMN idempotency_key.body IS 'Of the answer, byte for byte; of a stream its `done` event.';
COMMENT ON COLUMN idempotency_key.expires_at IS 'From then on it counts as not there.';

ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON idempotency_key
USING (
    (SELECT current_setting('app.caller', true))
    IN ('service', coalesce(CAST(user_id AS text), 'nobody'))
);

-- migrate:down
DROP TABLE idempotency_key;
