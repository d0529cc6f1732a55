-- :name is_other_index :scalar
-- :doc Whether this database has an index, and it is not this one
SELECT coalesce(NOT bool_or(index_uuid = :index_uuid), false)
FROM index_version
