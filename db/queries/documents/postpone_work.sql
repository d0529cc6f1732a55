-- :name postpone_work :affected
-- :doc Gives work back, to be tried again after :seconds; counts its :faults
UPDATE work
SET
    run_at = clock_timestamp() + make_interval(secs => :seconds),
    faults = faults + :faults,
    lease = NULL
WHERE id = :id AND lease = :lease
