-- :name lock_source_of_document :one
-- :doc The same for the source of a document; nothing where it has been deleted
SELECT pg_advisory_xact_lock(hashtextextended(source, 0))
FROM document
WHERE uuid = :uuid
