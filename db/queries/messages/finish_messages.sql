-- :name finish_messages :many
-- :doc Writes the ends of answers under way, and what their journals keep; rows is a JSON array
-- `= ANY(ARRAY(…))` finds rows by their index. A join reads the whole table: the planner expects 100
-- rows of a JSON, and cannot tell how few the policies leave.
WITH given AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(CAST(:rows AS json)) AS given (
        uuid uuid, model text, message text, status text, finish_reason text, usage jsonb,
        turns jsonb, prompt_sha256 text, deltas json, error json
    )
),

ended AS (
    UPDATE message
    SET
        model = COALESCE(given.model, message.model),
        message = given.message,
        status = given.status,
        finish_reason = given.finish_reason,
        usage = given.usage,
        turns = given.turns,
        prompt_sha256 = given.prompt_sha256
    FROM given
    WHERE message.uuid = given.uuid AND message.uuid = ANY(ARRAY(SELECT uuid FROM given))
    RETURNING message.uuid, message.user_id
),

kept AS (
    INSERT INTO journal (message_uuid, position, user_id, deltas, error)
    SELECT ended.uuid, 0, ended.user_id, given.deltas, given.error
    FROM ended
    INNER JOIN given ON given.uuid = ended.uuid
    WHERE given.deltas IS NOT NULL
    ON CONFLICT (message_uuid, position) DO UPDATE
    SET text = NULL, deltas = excluded.deltas, error = excluded.error
),

removed AS (
    DELETE FROM journal
    WHERE message_uuid = ANY(ARRAY(SELECT uuid FROM given)) AND position > 0
)

SELECT uuid FROM ended
