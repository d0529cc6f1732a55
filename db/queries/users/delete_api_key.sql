-- :name delete_api_key :affected
-- :doc Ends a key of the caller's
DELETE FROM api_key
WHERE uuid = :uuid AND user_id = :user_id
