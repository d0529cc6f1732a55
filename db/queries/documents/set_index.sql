-- :name set_index :affected
-- :doc Makes an index that of this database, in place of any other
WITH others AS (
    DELETE FROM index_version
    WHERE collection <> :collection
)
INSERT INTO index_version (collection, index_uuid, version)
VALUES (:collection, :index_uuid, :version)
ON CONFLICT (collection) DO UPDATE
SET
    index_uuid = excluded.index_uuid,
    version = excluded.version,
    updated_at = clock_timestamp()
