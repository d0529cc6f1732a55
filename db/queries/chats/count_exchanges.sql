-- :name count_exchanges :scalar
-- :doc How many complete exchanges a chat of the caller's has
SELECT count(*)
FROM message
WHERE
    chat_uuid = :chat_uuid
    AND user_id IS NOT DISTINCT FROM :user_id
    AND role = 'assistant'
    AND status = 'complete'
