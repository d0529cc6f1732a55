-- :name list_exchanges :many
-- :doc The complete exchanges of a chat of the caller's before an answer's id, and how many there are
-- The answers are counted by their ids first: their texts are read of those that are asked for alone.
WITH complete AS MATERIALIZED (
    SELECT id
    FROM message
    WHERE
        chat_uuid = :chat_uuid
        AND user_id IS NOT DISTINCT FROM :user_id
        AND role = 'assistant'
        AND status = 'complete'
), newest AS (
    SELECT id
    FROM complete
    WHERE CAST(:before AS bigint) IS NULL OR id < :before
    ORDER BY id DESC
    LIMIT :limit
)
SELECT
    answer.id, question.message AS question, answer.message AS answer, answer.model, answer.usage,
    (SELECT count(*) FROM complete) AS exchanges
FROM newest
INNER JOIN message AS answer ON newest.id = answer.id
INNER JOIN message AS question ON answer.question_uuid = question.uuid
ORDER BY answer.id DESC
