-- :name claim_idempotency_key :one
-- :doc Claims the caller's key, new, expired, left by a dead process or by a stream that failed; nothing where it is held
INSERT INTO idempotency_key AS held (user_id, key, fingerprint, lease, leased_until, expires_at)
VALUES (
    :user_id,
    :key,
    :fingerprint,
    gen_random_uuid(),
    clock_timestamp() + make_interval(secs => :lease_seconds),
    clock_timestamp() + make_interval(secs => :kept_seconds)
)
ON CONFLICT (user_id, key) DO UPDATE
SET
    fingerprint = excluded.fingerprint,
    lease = excluded.lease,
    leased_until = excluded.leased_until,
    status = NULL,
    content_type = NULL,
    headers = NULL,
    body = NULL,
    message_uuid = NULL,
    answer_uuid = NULL,
    expires_at = excluded.expires_at
WHERE
    held.expires_at <= clock_timestamp()
    OR (
        held.status IS NULL
        AND held.leased_until <= clock_timestamp()
        AND held.fingerprint = excluded.fingerprint
    )
    OR (
        held.message_uuid IS NOT NULL
        AND held.fingerprint = excluded.fingerprint
        AND CASE (SELECT message.status FROM message WHERE message.uuid = held.message_uuid)
            WHEN 'complete' THEN FALSE
            WHEN 'generating' THEN FALSE
            WHEN 'partial' THEN TRUE
            WHEN 'failed' THEN TRUE
            ELSE held.lease IS NULL OR held.leased_until <= clock_timestamp()
        END
    )
RETURNING id, lease
