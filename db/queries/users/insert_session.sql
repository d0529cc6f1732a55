-- :name insert_session :affected
-- :doc Keeps the hash of a session of a user, which expires after :seconds
INSERT INTO session (token_hash, user_id, expires_at)
VALUES (:token_hash, :owner_id, clock_timestamp() + make_interval(secs => :seconds))
