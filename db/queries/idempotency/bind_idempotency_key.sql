-- :name bind_idempotency_key :affected
-- :doc Has a key stand for a message whose stream begins; nothing where the lease is somebody else's
UPDATE idempotency_key
SET
    message_uuid = :message_uuid,
    status = :status,
    content_type = :content_type,
    headers = CAST(:headers AS jsonb)
WHERE id = :id AND lease = :lease
