-- :name set_index_version :affected
-- :doc Notes the version that a collection's index is brought to
INSERT INTO index_version (collection, version)
VALUES (:collection, :version)
ON CONFLICT (collection) DO UPDATE
SET version = excluded.version, updated_at = clock_timestamp()
