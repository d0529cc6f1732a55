-- :name adopt_messages :affected
-- :doc Gives a user the messages without an owner
UPDATE message
SET user_id = :owner_id
WHERE user_id IS NULL
