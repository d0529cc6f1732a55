-- :name list_exchanges :many
-- :doc The complete exchanges of a chat of the caller's before an answer's id, and how many there are
SELECT
    answer.id, question.message AS question, answer.message AS answer, answer.model, answer.usage,
    count(*) OVER () AS exchanges
FROM message AS answer
INNER JOIN message AS question ON answer.question_uuid = question.uuid
WHERE
    answer.chat_uuid = :chat_uuid
    AND answer.user_id IS NOT DISTINCT FROM :user_id
    AND answer.role = 'assistant'
    AND answer.status = 'complete'
    AND (CAST(:before AS bigint) IS NULL OR answer.id < :before)
ORDER BY answer.id DESC
LIMIT :limit
