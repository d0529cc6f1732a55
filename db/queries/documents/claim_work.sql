-- :name claim_work :one
-- :doc Takes the oldest work that is due for :seconds; nobody else gets it meanwhile. With :max_bytes none on a larger document
UPDATE work
SET
    lease = gen_random_uuid(),
    attempts = attempts + 1,
    run_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE id = (
    SELECT candidate.id
    FROM work AS candidate
    WHERE
        candidate.run_at <= clock_timestamp()
        AND NOT (
            candidate.kind = 'purge'
            AND EXISTS (
                SELECT 1
                FROM work AS writing
                WHERE writing.document_uuid = candidate.document_uuid AND writing.kind <> 'purge'
            )
        )
        AND NOT EXISTS (
            SELECT 1
            FROM document
            WHERE
                document.uuid = candidate.document_uuid
                AND document.bytes > CAST(:max_bytes AS bigint)
        )
    ORDER BY candidate.run_at, candidate.id
    FOR UPDATE SKIP LOCKED
    LIMIT 1
)
RETURNING id, kind, document_uuid, attempts, faults, lease
