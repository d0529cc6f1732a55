-- :name get_schema_version :scalar
-- :doc The last migration that was applied; null before the first
SELECT max(version)
FROM schema_migrations
