-- :name delete_old_journal :affected
-- :doc Deletes some of what is older than so many seconds
DELETE FROM journal
WHERE (message_uuid, position) IN (
    SELECT message_uuid, position
    FROM journal
    WHERE created_at < clock_timestamp() - make_interval(secs => :seconds)
    LIMIT :limit
)
