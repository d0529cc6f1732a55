-- migrate:up
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    email text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE users IS 'People: each has messages, documents, sessions and keys of their own.';
COMMENT ON COLUMN users.email IS 'In lower case; whoever reads mail there is this user.';

CREATE TABLE magic_link (
    token_hash bytea PRIMARY KEY,
    code_hash bytea NOT NULL,
    email text NOT NULL,
    typed_codes integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
-- A code is looked for among those of its address.
CREATE INDEX magic_link_email_idx ON magic_link (email);

COMMENT ON TABLE magic_link IS 'Mailed links that were not used yet; using one deletes it.';
COMMENT ON COLUMN magic_link.token_hash IS 'HMAC-SHA256 of the token in the link, with SECRET_KEY.';
COMMENT ON COLUMN magic_link.code_hash IS 'The same of the code, which is typed on another device.';
COMMENT ON COLUMN magic_link.email IS 'Who it was mailed to; no user yet, where it is a registration.';
COMMENT ON COLUMN magic_link.typed_codes IS 'How many codes were typed for this address since; a few end it.';

CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
-- Deleting a user deletes their sessions.
CREATE INDEX session_user_id_idx ON session (user_id);

COMMENT ON TABLE session IS 'Browsers in which a user is logged in.';
COMMENT ON COLUMN session.token_hash IS 'HMAC-SHA256 of the cookie, with SECRET_KEY.';

CREATE TABLE api_key (
    uuid uuid PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    scopes text[] NOT NULL,
    prefix text NOT NULL,
    last_four text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    expires_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- A user's keys are listed, and deleted with the user.
CREATE INDEX api_key_user_id_idx ON api_key (user_id);

COMMENT ON TABLE api_key IS 'What programs send in place of a session.';
COMMENT ON COLUMN api_key.scopes IS 'What may be done with it: read, ask, ingest.';
COMMENT ON COLUMN api_key.prefix IS 'Its first characters, by which its owner knows it.';
COMMENT ON COLUMN api_key.last_four IS 'Its last characters, likewise.';
COMMENT ON COLUMN api_key.key_hash IS 'SHA-256 of the key, which is random enough to need no more.';
COMMENT ON COLUMN api_key.expires_at IS 'Null: never.';
COMMENT ON COLUMN api_key.last_used_at IS 'To the minute; null: never.';

-- migrate:down
DROP TABLE api_key;
DROP TABLE session;
DROP TABLE magic_link;
DROP TABLE users;
