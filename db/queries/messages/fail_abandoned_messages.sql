-- :name fail_abandoned_messages :affected
-- :doc Ends the answers whose process died: still generating after longer than any may take
UPDATE message
SET status = 'failed', finish_reason = 'abandoned'
WHERE status = 'generating' AND created_at < clock_timestamp() - make_interval(secs => :seconds)
