-- :name finish_messages :many
-- :doc Writes the ends of answers under way; rows is a JSON array of them
UPDATE message
SET
    message = given.message,
    status = given.status,
    finish_reason = given.finish_reason,
    usage = given.usage,
    turns = given.turns
FROM json_to_recordset(CAST(:rows AS json)) AS given (
    uuid uuid, message text, status text, finish_reason text, usage jsonb, turns jsonb
)
WHERE message.uuid = given.uuid
RETURNING message.uuid
