-- :name renew_work :affected
-- :doc Keeps work for :seconds more; nothing where somebody else has it now
UPDATE work
SET run_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE id = :id AND lease = :lease
