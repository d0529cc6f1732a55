-- :name renew_session :affected
-- :doc Lets a session last for :seconds from now on
UPDATE session
SET expires_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE token_hash = :token_hash AND expires_at > clock_timestamp()
