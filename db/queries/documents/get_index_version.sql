-- :name get_index_version :scalar
-- :doc The version of a collection's index; 1 where no index has one yet, nothing for a new collection
SELECT
    coalesce(
        max(version) FILTER (WHERE collection = :collection),
        CASE WHEN count(*) = 0 THEN 1 END
    )
FROM index_version
