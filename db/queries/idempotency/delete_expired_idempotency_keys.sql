-- :name delete_expired_idempotency_keys :affected
-- :doc Deletes at most :limit keys that count as not there
DELETE FROM idempotency_key
WHERE
    id IN (
        SELECT id
        FROM idempotency_key
        WHERE expires_at <= clock_timestamp()
        ORDER BY expires_at
        LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
