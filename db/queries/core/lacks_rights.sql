-- :name lacks_rights :scalar
-- :doc Whether the role of this connection may not read or write the tables that are there
SELECT EXISTS (
    SELECT
    FROM pg_class
    WHERE
        relnamespace = CAST('public' AS regnamespace)
        AND relname IN ('users', 'message', 'document', 'passage', 'job')
        AND relkind IN ('r', 'p')
        AND NOT (
            has_schema_privilege('public', 'USAGE')
            AND has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
            AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
        )
)
