-- :name postpone_job :affected
-- :doc Gives a job back, to be tried again after :seconds; adds to its :faults
UPDATE job
SET
    run_at = clock_timestamp() + make_interval(secs => :seconds),
    faults = faults + :faults,
    lease = NULL
WHERE id = :id AND lease = :lease
