-- :name get_index :one
-- :doc The index of this database; of those from before indexes had a uuid rather that of :collection
SELECT
    index_uuid, collection, version,
    (SELECT EXISTS (SELECT FROM document)) AS has_documents
FROM index_version
ORDER BY index_uuid IS NULL, collection <> :collection, updated_at DESC
LIMIT 1
