-- :name claim_job :one
-- :doc Claims the oldest due job of these kinds for :seconds; with :max_bytes none that is about more, with :index_uuid none unless that is the index of this database
UPDATE job
SET
    lease = gen_random_uuid(),
    index_uuid = CAST(:index_uuid AS uuid),
    attempts = attempts + 1,
    run_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE id = (
    SELECT candidate.id
    FROM job AS candidate
    WHERE
        candidate.run_at <= clock_timestamp()
        AND candidate.kind IN :kinds
        AND (
            CAST(:index_uuid AS uuid) IS NULL
            OR EXISTS (SELECT FROM index_version WHERE index_version.index_uuid = :index_uuid)
        )
        AND (CAST(:max_bytes AS bigint) IS NULL OR candidate.bytes <= :max_bytes)
        -- A purge waits for whatever still writes points of its document.
        AND NOT (
            candidate.kind = 'purge'
            AND EXISTS (
                SELECT 1
                FROM job AS writing
                WHERE writing.document_uuid = candidate.document_uuid AND writing.kind <> 'purge'
            )
        )
        -- What writes points again waits for a sweep that may still delete them,
        AND NOT (
            candidate.kind = 'index'
            AND EXISTS (
                SELECT 1
                FROM job AS sweep
                WHERE
                    sweep.document_uuid = '00000000-0000-0000-0000-000000000000'
                    AND sweep.kind = 'sweep'
                    AND sweep.id < candidate.id
            )
        )
        -- and for what was to write them before it.
        AND NOT (
            candidate.kind IN ('index', 'reingest')
            AND EXISTS (
                SELECT 1
                FROM job AS writing
                WHERE
                    writing.document_uuid = candidate.document_uuid
                    AND writing.kind IN ('ingest', 'index', 'reingest')
                    AND writing.id < candidate.id
            )
        )
    ORDER BY candidate.run_at, candidate.id
    FOR UPDATE SKIP LOCKED
    LIMIT 1
)
RETURNING id, kind, document_uuid, payload, attempts, faults, lease
