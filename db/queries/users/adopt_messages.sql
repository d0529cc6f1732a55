-- :name adopt_messages :affected
-- :doc Gives a user at most :most messages without an owner
UPDATE message
SET user_id = :owner_id
WHERE id IN (SELECT id FROM message WHERE user_id IS NULL LIMIT :most)
