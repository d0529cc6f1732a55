-- :name lock_index :one
-- :doc Until the end of the transaction no other process looks at the version of an index
SELECT pg_advisory_xact_lock(hashtextextended('index of ' || :collection, 0))
