-- :name delete_samples :affected
-- :doc Takes the samples out, and has their points deleted
WITH gone AS (
    DELETE FROM document
    WHERE is_sample AND user_id IS NULL
    RETURNING uuid
)
INSERT INTO job (kind, document_uuid)
SELECT 'purge', uuid FROM gone
