-- :name adopt_chats :affected
-- :doc Gives a user the chats without an owner
UPDATE chat
SET user_id = :owner_id
WHERE user_id IS NULL
