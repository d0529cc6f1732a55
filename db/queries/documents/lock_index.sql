-- :name lock_index :one
-- :doc Until the end of the transaction no other process looks at which index this database has
SELECT pg_advisory_xact_lock(hashtextextended('index', 0))
