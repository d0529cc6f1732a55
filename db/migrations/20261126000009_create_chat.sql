-- migrate:up
CREATE TABLE chat (
    uuid uuid PRIMARY KEY,
    user_id bigint REFERENCES users (id) ON DELETE CASCADE,
    title text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- A user's chats are listed, newest first.
CREATE INDEX chat_user_id_uuid_idx ON chat (user_id, uuid);

COMMENT ON TABLE chat IS 'Conversations: questions that are understood by those before them.';
COMMENT ON COLUMN chat.uuid IS 'UUIDv7: the later, the greater; the cursor of lists.';
COMMENT ON COLUMN chat.user_id IS 'Its owner; null: held without an account.';
COMMENT ON COLUMN chat.title IS 'Given, or made of the first question; null before that.';
COMMENT ON COLUMN chat.updated_at IS 'When it was asked in last, or renamed.';

ALTER TABLE chat ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON chat
USING (
    (SELECT current_setting('app.caller', true))
    IN ('service', coalesce(CAST(user_id AS text), 'nobody'))
);

ALTER TABLE message
ADD CONSTRAINT message_chat_uuid_fkey FOREIGN KEY (chat_uuid) REFERENCES chat (uuid) ON DELETE CASCADE;
ALTER TABLE message ADD COLUMN question_uuid uuid;
ALTER TABLE message ADD COLUMN retrieval_queries jsonb;
ALTER TABLE message ADD COLUMN turns jsonb;

COMMENT ON COLUMN message.question_uuid IS 'Of an answer: the question that it answers.';
COMMENT ON COLUMN message.retrieval_queries IS 'Of an answer: what was searched for; null without retrieval.';
COMMENT ON COLUMN message.turns IS 'Of an answer in a chat: how many earlier exchanges were used in the prompt, and how many dropped.';

-- migrate:down
ALTER TABLE message DROP COLUMN turns;
ALTER TABLE message DROP COLUMN retrieval_queries;
ALTER TABLE message DROP COLUMN question_uuid;
ALTER TABLE message DROP CONSTRAINT message_chat_uuid_fkey;
UPDATE message SET chat_uuid = NULL WHERE chat_uuid IS NOT NULL;
DROP TABLE chat;
