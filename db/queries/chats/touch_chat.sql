-- :name touch_chat :affected
-- :doc Notes that a chat of the caller's was asked in; its first question gives it a title
UPDATE chat
SET title = coalesce(title, :title), updated_at = clock_timestamp()
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
