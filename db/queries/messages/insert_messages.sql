-- :name insert_messages :many
-- :doc Inserts messages in the order given; rows is a JSON array of them
INSERT INTO message (
    uuid, chat_uuid, user_id, question_uuid, model, role, message, status, finish_reason, usage,
    sources, retrieval_queries, turns, parameters, prompt_mark, prompt_sha256, process_uuid
)
SELECT
    given.uuid, given.chat_uuid, given.user_id, given.question_uuid, given.model, given.role,
    given.message, given.status, given.finish_reason, given.usage, given.sources,
    given.retrieval_queries, given.turns, given.parameters, given.prompt_mark,
    given.prompt_sha256, given.process_uuid
FROM ROWS FROM (
    json_to_recordset(CAST(:rows AS json)) AS (
        uuid uuid, chat_uuid uuid, user_id bigint, question_uuid uuid, model text, role text,
        message text, status text, finish_reason text, usage jsonb, sources jsonb,
        retrieval_queries jsonb, turns jsonb, parameters jsonb, prompt_mark text,
        prompt_sha256 text, process_uuid uuid
    )
) WITH ORDINALITY AS given (
    uuid, chat_uuid, user_id, question_uuid, model, role, message, status, finish_reason, usage,
    sources, retrieval_queries, turns, parameters, prompt_mark, prompt_sha256, process_uuid, position
)
ORDER BY given.position
RETURNING uuid, id, created_at
