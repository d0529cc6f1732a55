-- :name get_session :one
-- :doc Whose session this is, and whether less than half of its :seconds are left
SELECT
    user_id,
    expires_at < clock_timestamp() + make_interval(secs => :seconds) / 2 AS is_half_over
FROM session
WHERE token_hash = :token_hash AND expires_at > clock_timestamp()
