-- :name delete_session :affected
-- :doc Ends a session
DELETE FROM session
WHERE token_hash = :token_hash
