-- :name delete_some_messages :affected
-- :doc Deletes at most :most messages of a user
DELETE FROM message
WHERE id IN (SELECT id FROM message WHERE user_id = :owner_id LIMIT :most)
