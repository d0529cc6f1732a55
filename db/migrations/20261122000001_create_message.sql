-- migrate:up
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL CONSTRAINT message_uuid_key UNIQUE,
    chat_uuid uuid,
    user_id bigint,
    model text NOT NULL,
    role text NOT NULL CHECK (role IN ('user', 'system', 'assistant')),
    message text NOT NULL,
    status text NOT NULL CHECK (status IN ('generating', 'complete', 'partial', 'failed')),
    finish_reason text,
    usage jsonb,
    sources jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE message IS 'What was asked and what was answered, the question first.';
COMMENT ON COLUMN message.id IS 'Order of the messages; the cursor of lists.';
COMMENT ON COLUMN message.chat_uuid IS 'The chat that it belongs to; null: a question on its own.';
COMMENT ON COLUMN message.user_id IS 'Its owner; null: asked without an account.';
COMMENT ON COLUMN message.status IS 'generating until the answer is complete, partial (some text, then a fault) or failed (no text).';
COMMENT ON COLUMN message.finish_reason IS 'As the upstream model gave it.';
COMMENT ON COLUMN message.usage IS 'prompt_tokens, completion_tokens and total_tokens, where the upstream counts them.';
COMMENT ON COLUMN message.sources IS 'The passages that were put into the prompt, in prompt order, as they were then.';

-- A chat is read from its newest message backwards.
CREATE INDEX message_chat_uuid_id_idx ON message (chat_uuid, id) WHERE chat_uuid IS NOT NULL;
-- The few answers under way are looked through for those whose process died.
CREATE INDEX message_generating_idx ON message (created_at) WHERE status = 'generating';

-- migrate:down
DROP TABLE message;
