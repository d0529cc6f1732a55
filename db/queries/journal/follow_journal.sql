-- :name follow_journal :many
-- :doc How far an answer of the caller's is, and what of its journal comes from a position on
SELECT
    message.status, COALESCE(question.model, message.model) AS asked_model,
    journal.position, journal.text, journal.deltas, journal.error
FROM message
LEFT JOIN message AS question ON question.uuid = message.question_uuid
LEFT JOIN journal
    ON
        journal.message_uuid = message.uuid
        AND (journal.position >= :position OR journal.text IS NULL)
WHERE
    message.uuid = :uuid
    AND message.role = 'assistant'
    AND message.user_id IS NOT DISTINCT FROM :user_id
ORDER BY journal.position
