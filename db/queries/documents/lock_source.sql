-- :name lock_source :one
-- :doc Until the end of the transaction nobody else decides which version of a source counts
SELECT pg_advisory_xact_lock(hashtextextended(:source, 0))
