-- :name delete_chat :affected
-- :doc Deletes a chat of the caller's and, with it, its messages
DELETE FROM chat
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
