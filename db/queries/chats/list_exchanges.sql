-- :name list_exchanges :many
-- :doc The complete exchanges of a chat of the caller's before an answer's id, and how many there are
-- The answers are counted by their ids first: their texts are read of those that are asked for alone,
-- one at least, and no more after 1 MiB.
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
    LIMIT CAST(:limit AS integer) + 1
), measured AS (
    SELECT
        answer.id,
        question.id AS question_id,
        row_number() OVER newest_first AS position,
        sum(octet_length(answer.message) + octet_length(question.message)) OVER newest_first
        - octet_length(answer.message) - octet_length(question.message) AS bytes_before,
        lead(answer.id) OVER newest_first IS NOT NULL AS has_next
    FROM newest
    INNER JOIN message AS answer ON newest.id = answer.id
    INNER JOIN message AS question ON answer.question_uuid = question.uuid
    WINDOW newest_first AS (ORDER BY answer.id DESC)
)
SELECT
    answer.id, question.message AS question, answer.message AS answer, answer.model, answer.usage,
    (SELECT count(*) FROM complete) AS exchanges, has_next
FROM measured
INNER JOIN message AS answer ON measured.id = answer.id
INNER JOIN message AS question ON measured.question_id = question.id
WHERE position <= :limit AND bytes_before < 1048576
ORDER BY answer.id DESC
