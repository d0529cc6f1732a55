-- :name note_follower :affected
-- :doc Says to the process that generates an answer of the caller's that somebody follows it
UPDATE message
SET followed_at = clock_timestamp()
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id AND status = 'generating'
