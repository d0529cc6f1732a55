-- :name insert_messages :many
-- :doc Inserts messages in the order given; rows is a JSON array of them
INSERT INTO message (
    uuid, chat_uuid, user_id, model, role, message, status, finish_reason, usage, sources
)
SELECT
    given.uuid, given.chat_uuid, given.user_id, given.model, given.role, given.message,
    given.status, given.finish_reason, given.usage, given.sources
FROM ROWS FROM (
    json_to_recordset(CAST(:rows AS json)) AS (
        uuid uuid, chat_uuid uuid, user_id bigint, model text, role text, message text,
        status text, finish_reason text, usage jsonb, sources jsonb
    )
) WITH ORDINALITY AS given (
    uuid, chat_uuid, user_id, model, role, message, status, finish_reason, usage, sources, position
)
ORDER BY given.position
RETURNING uuid, id, created_at
