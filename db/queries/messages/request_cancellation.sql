-- :name request_cancellation :affected
-- :doc Asks the process that generates an answer of the caller's to cancel it
UPDATE message
SET cancel_requested_at = clock_timestamp()
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id AND status = 'generating'
