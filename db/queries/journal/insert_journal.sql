-- :name insert_journal :affected
-- :doc Adds deltas of answers that are still under way; rows is a JSON array of batches
INSERT INTO journal (message_uuid, position, user_id, text, deltas)
SELECT message.uuid, given.position, message.user_id, given.text, given.deltas
FROM json_to_recordset(CAST(:rows AS json)) AS given (
    message_uuid uuid, position integer, text text, deltas json
)
INNER JOIN message ON message.uuid = given.message_uuid AND message.status = 'generating'
ON CONFLICT (message_uuid, position) DO NOTHING
