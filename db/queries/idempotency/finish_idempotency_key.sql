-- :name finish_idempotency_key :affected
-- :doc Stores the answer under its key; nothing where the lease is somebody else's
UPDATE idempotency_key
SET
    lease = NULL,
    status = :status,
    content_type = :content_type,
    headers = CAST(:headers AS jsonb),
    body = :body,
    answer_uuid = CAST(:answer_uuid AS uuid)
WHERE id = :id AND lease = :lease
