-- :name lock_source :one
-- :doc Until its end no other transaction decides which version of a source counts
SELECT pg_advisory_xact_lock(hashtextextended(:source, 0))
