-- :name get_receipt :one
-- :doc An answer of the caller's with its question, and what is kept of how it came about
SELECT
    answer.uuid, answer.model, answer.message, answer.status, answer.finish_reason, answer.sources,
    answer.retrieval_queries, answer.turns, answer.parameters, answer.prompt_mark,
    answer.prompt_sha256, answer.created_at, question.message AS question
FROM message AS answer
LEFT JOIN message AS question
    ON answer.question_uuid = question.uuid AND question.user_id IS NOT DISTINCT FROM :user_id
WHERE
    answer.uuid = :uuid
    AND answer.user_id IS NOT DISTINCT FROM :user_id
    AND answer.role = 'assistant'
