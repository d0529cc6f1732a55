-- The queries of v0.1.0, whose newest migration is 20261127000064
-- :name delete_chat :affected
-- :doc Deletes a chat of the caller's and, with it, its messages
DELETE FROM chat
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
-- :name get_chat :one
-- :doc A chat of the caller's, or nothing
SELECT uuid, title, created_at, updated_at
FROM chat
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
-- :name insert_chat :one
-- :doc Makes a chat of the caller's
INSERT INTO chat (uuid, user_id, title)
VALUES (:uuid, :user_id, :title)
RETURNING uuid, title, created_at, updated_at
-- :name list_chats :many
-- :doc The caller's chats, newest first: those before one
SELECT uuid, title, created_at, updated_at
FROM chat
WHERE
    -- Not IS NOT DISTINCT FROM: that uses no index.
    (user_id = :user_id OR (user_id IS NULL AND CAST(:user_id AS bigint) IS NULL))
    AND (CAST(:before AS uuid) IS NULL OR uuid < :before)
ORDER BY uuid DESC
LIMIT :limit
-- :name list_exchanges :many
-- :doc The complete exchanges of a chat of the caller's before an answer's id, and how many there are
-- The answers are counted by their ids first: their texts are read of those that are asked for alone,
-- one at least, and no more after 1 MiB.
WITH complete AS MATERIALIZED (
    SELECT id
    FROM message
    WHERE
        chat_uuid = :chat_uuid
        AND user_id IS NOT DISTINCT FROM :user_id
        AND role = 'assistant'
        AND status = 'complete'
), newest AS (
    SELECT id
    FROM complete
    WHERE CAST(:before AS bigint) IS NULL OR id < :before
    ORDER BY id DESC
    LIMIT CAST(:limit AS integer) + 1
), measured AS (
    SELECT
        answer.id,
        question.id AS question_id,
        row_number() OVER newest_first AS position,
        sum(octet_length(answer.message) + octet_length(question.message)) OVER newest_first
        - octet_length(answer.message) - octet_length(question.message) AS bytes_before,
        lead(answer.id) OVER newest_first IS NOT NULL AS has_next
    FROM newest
    INNER JOIN message AS answer ON newest.id = answer.id
    INNER JOIN message AS question ON answer.question_uuid = question.uuid
    WINDOW newest_first AS (ORDER BY answer.id DESC)
)
SELECT
    answer.id, question.message AS question, answer.message AS answer, answer.model, answer.usage,
    (SELECT count(*) FROM complete) AS exchanges, has_next
FROM measured
INNER JOIN message AS answer ON measured.id = answer.id
INNER JOIN message AS question ON measured.question_id = question.id
WHERE position <= :limit AND bytes_before < 1048576
ORDER BY answer.id DESC
-- :name rename_chat :one
-- :doc Gives a chat of the caller's another title
UPDATE chat
SET title = :title, updated_at = clock_timestamp()
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
RETURNING uuid, title, created_at, updated_at
-- :name touch_chat :affected
-- :doc Notes that a chat of the caller's was asked in; its first question gives it a title
UPDATE chat
SET title = coalesce(title, :title), updated_at = clock_timestamp()
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
-- :name get_schema_version :scalar
-- :doc The last migration that was applied; null before the first
SELECT max(version)
FROM schema_migrations
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
-- :name advance_document :affected
-- :doc Notes how many passages are written; nothing where the document has been deleted
UPDATE document
SET passages_done = :passages_done, updated_at = clock_timestamp()
WHERE uuid = :uuid
-- :name begin_document :one
-- :doc Notes that a document is being processed; nothing where it has been deleted
UPDATE document
SET status = 'processing', updated_at = clock_timestamp()
WHERE uuid = :uuid AND status IN ('pending', 'processing')
RETURNING
    uuid, user_id, given_title, source, metadata, file_name, declared_type, passages_done,
    passages_total, text_sha256
-- :name count_passages :scalar
-- :doc How many passages there are, and so how many points there should be
SELECT coalesce(sum(passages_done), 0)
FROM document
-- Those of a failed one are deleted, however many were done.
WHERE status <> 'failed'
-- :name delete_document :one
-- :doc Deletes a document that is the caller's and, with it, its passages
DELETE FROM document
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
RETURNING uuid
-- :name delete_document_passages :affected
-- :doc Deletes the passages of a document that failed
DELETE FROM passage
WHERE document_uuid = :document_uuid
-- :name delete_failed_versions :affected
-- :doc Deletes the failed versions of an owner's source: a new one takes their place
DELETE FROM document
WHERE
    source = :source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND source_md5 = md5(:source)
    AND user_id IS NOT DISTINCT FROM :user_id
    AND status = 'failed'
-- :name delete_newer_versions :many
-- :doc Deletes what is still being ingested from the source and owner of an older document
DELETE FROM document AS newer
USING document AS older
WHERE
    older.uuid = :uuid
    AND newer.id > older.id
    AND newer.source = older.source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND newer.source_md5 = older.source_md5
    AND newer.user_id IS NOT DISTINCT FROM older.user_id
    AND newer.status IN ('pending', 'processing')
RETURNING newer.uuid
-- :name delete_older_versions :many
-- :doc Deletes what was ingested before a document from the same owner and source
DELETE FROM document AS older
USING document AS newer
WHERE
    newer.uuid = :uuid
    AND older.id < newer.id
    AND older.source = newer.source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND older.source_md5 = newer.source_md5
    AND older.user_id IS NOT DISTINCT FROM newer.user_id
RETURNING older.uuid
-- :name delete_samples :affected
-- :doc Takes the samples out, and has their points deleted
WITH gone AS (
    DELETE FROM document
    WHERE is_sample AND user_id IS NULL
    RETURNING uuid
)
INSERT INTO job (kind, document_uuid)
SELECT 'purge', uuid FROM gone
-- :name delete_text :affected
-- :doc Deletes the text that a document was read as
DELETE FROM document_content
WHERE document_uuid = :document_uuid AND kind = 'text'
-- :name discard_document :affected
-- :doc Deletes a document of any owner: a newer version of its source was quicker
DELETE FROM document
WHERE uuid = :uuid
-- :name fail_document :affected
-- :doc Ends an ingestion with the reason why it failed
UPDATE document
SET
    status = 'failed',
    error = :error,
    text_bytes = NULL,
    text_sha256 = NULL,
    updated_at = clock_timestamp()
WHERE uuid = :uuid
-- :name find_documents_of_source :many
-- :doc All versions of an owner's source
SELECT uuid
FROM document
WHERE
    source = :source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND source_md5 = md5(:source)
    AND user_id IS NOT DISTINCT FROM :user_id
-- :name get_content_part :scalar
-- :doc A part of the bytes or of the text with this digest, of a document that the caller may see
SELECT content.part
FROM document_content AS content
INNER JOIN document ON content.document_uuid = document.uuid
WHERE
    content.document_uuid = :document_uuid
    AND content.kind = :kind
    AND content.ordinal = :ordinal
    AND CASE content.kind WHEN 'file' THEN document.sha256 ELSE document.text_sha256 END = :sha256
    AND (document.user_id IS NULL OR document.user_id = :user_id)
-- :name get_contents :one
-- :doc What is kept of a document that the caller may see: its bytes, and the text that was read
SELECT
    document.title, document.source, document.file_name, document.declared_type, document.status,
    document.bytes, document.sha256, document.text_bytes, document.text_sha256,
    EXISTS (
        SELECT FROM document_content
        WHERE document_uuid = document.uuid AND kind = 'file'
    ) AS has_file
FROM document
WHERE document.uuid = :uuid AND (document.user_id IS NULL OR document.user_id = :user_id)
-- :name get_document :one
-- :doc A document that the caller may see
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE uuid = :uuid AND (user_id IS NULL OR user_id = :user_id)
-- :name get_document_passages :many
-- :doc The passages of a document from an ordinal on, with what is embedded and filtered with them
SELECT
    passage.uuid, passage.ordinal, passage.headings, passage.table_header, passage.text,
    document.title, document.user_id, document.source, document.metadata
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE passage.document_uuid = :document_uuid AND passage.ordinal >= :first
ORDER BY passage.ordinal
LIMIT :limit
-- :name get_document_version :one
-- :doc The version of an owner's source that has these bytes, unless it failed
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE
    source = :source
    -- Of the digest there is an index; a whole source may be too long for one.
    AND source_md5 = md5(:source)
    AND sha256 = :sha256
    AND user_id IS NOT DISTINCT FROM :user_id
    AND status <> 'failed'
-- :name get_file_part :scalar
-- :doc A part of the original bytes of a document, for its ingestion; nothing after the last one
SELECT part
FROM document_content
WHERE document_uuid = :document_uuid AND kind = 'file' AND ordinal = :ordinal
-- :name get_index :one
-- :doc The index of this database; of those from before indexes had a uuid rather that of :collection
SELECT
    index_uuid, collection, version,
    (SELECT EXISTS (SELECT FROM document)) AS has_documents
FROM index_version
ORDER BY index_uuid IS NULL, collection <> :collection, updated_at DESC
LIMIT 1
-- :name get_passage :one
-- :doc Where a passage stands, of a ready document that the caller may see
SELECT
    passage.document_uuid, passage.ordinal, passage."start", passage."end", passage.page,
    passage.headings, passage.text
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE
    passage.document_uuid = :document_uuid
    AND passage.ordinal = :ordinal
    AND document.status = 'ready'
    AND (document.user_id IS NULL OR document.user_id = :user_id)
-- :name get_ready_document :one
-- :doc What a document that is to be read anew was read as
SELECT
    uuid, user_id, given_title, source, metadata, file_name, declared_type, passages_done,
    passages_total, text_sha256
FROM document
WHERE uuid = :uuid AND status = 'ready'
-- :name insert_content_part :affected
-- :doc Keeps a part of the bytes or of the text of a document
INSERT INTO document_content (document_uuid, kind, ordinal, part)
VALUES (:document_uuid, :kind, :ordinal, :part)
-- :name insert_document :one
-- :doc Inserts a pending document
INSERT INTO document (
    uuid, user_id, title, given_title, source, media_type, file_name, declared_type, bytes, sha256,
    metadata, is_sample, status
)
VALUES (
    :uuid, :user_id, :title, :given_title, :source, :media_type, :file_name, :declared_type, :bytes,
    :sha256, CAST(:metadata AS jsonb), :is_sample, 'pending'
)
RETURNING
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
-- :name insert_index_jobs :affected
-- :doc Inserts a job for each document with passages, also of an ingestion that is half done
INSERT INTO job (kind, document_uuid, bytes)
SELECT 'index', uuid, bytes
FROM document
WHERE status = 'ready' OR (status = 'processing' AND passages_done > 0)
ORDER BY id
-- :name insert_passages :affected
-- :doc Inserts the passages of a document; rows is a JSON array of them
INSERT INTO passage (
    uuid, document_uuid, user_id, ordinal, "start", "end", page, headings, table_header, text
)
SELECT
    given.uuid, :document_uuid, (SELECT user_id FROM document WHERE uuid = :document_uuid),
    given.ordinal, given."start", given."end", given.page,
    ARRAY(SELECT json_array_elements_text(given.headings)), given.table_header, given.text
FROM json_to_recordset(CAST(:rows AS json)) AS given (
    uuid uuid, ordinal integer, "start" integer, "end" integer, page integer, headings json,
    table_header text, text text
)
-- :name insert_reingest_jobs :many
-- :doc Has documents read anew, or those of :uuids (as Postgres writes an array), whose bytes are kept
INSERT INTO job (kind, document_uuid, bytes)
SELECT 'reingest', document.uuid, document.bytes
FROM document
WHERE
    document.status = 'ready'
    AND (CAST(:uuids AS uuid[]) IS NULL OR document.uuid = ANY(CAST(:uuids AS uuid[])))
    AND EXISTS (
        SELECT FROM document_content WHERE document_uuid = document.uuid AND kind = 'file'
    )
    AND NOT EXISTS (
        SELECT FROM job AS waiting
        WHERE waiting.document_uuid = document.uuid AND waiting.kind = 'reingest'
    )
ORDER BY document.id
RETURNING document_uuid AS uuid
-- :name is_other_index :scalar
-- :doc Whether this database has an index, and it is not this one
SELECT coalesce(NOT bool_or(index_uuid = :index_uuid), false)
FROM index_version
-- :name is_reindexing :scalar
-- :doc Whether documents are waiting to be indexed anew
SELECT EXISTS (SELECT FROM job WHERE kind = 'index')
-- :name label_original :affected
-- :doc Notes the type of an original that is to be kept; nothing where there is one, or no ready text
UPDATE document
SET file_name = :file_name, declared_type = :declared_type
WHERE
    uuid = :uuid
    AND user_id IS NOT DISTINCT FROM :user_id
    AND status = 'ready'
    AND NOT EXISTS (
        SELECT FROM document_content WHERE document_uuid = document.uuid AND kind = 'file'
    )
-- :name list_documents :many
-- :doc The documents that the caller may see, newest first: those before one and in a status
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE
    (user_id IS NULL OR user_id = :user_id)
    AND (CAST(:before AS uuid) IS NULL OR uuid < :before)
    AND (CAST(:status AS text) IS NULL OR status = :status)
ORDER BY uuid DESC
LIMIT :limit
-- :name lock_index :one
-- :doc Until the end of the transaction no other process looks at which index this database has
SELECT pg_advisory_xact_lock(hashtextextended('index', 0))
-- :name lock_source :one
-- :doc Until its end no other transaction decides which version of a source counts
SELECT pg_advisory_xact_lock(hashtextextended(:source, 0))
-- :name lock_source_of_document :one
-- :doc The same for the source of a document; nothing where it has been deleted
SELECT pg_advisory_xact_lock(hashtextextended(source, 0))
FROM document
WHERE uuid = :uuid
-- :name measure_document :affected
-- :doc Notes what parsing found: title, media type, the text's size and digest, what was unreadable
UPDATE document
SET
    title = :title,
    media_type = :media_type,
    text_bytes = :text_bytes,
    text_sha256 = :text_sha256,
    error = :fault,
    passages_total = :passages_total,
    passages_done = :passages_done,
    updated_at = clock_timestamp()
WHERE uuid = :uuid
-- :name note_fault :affected
-- :doc Notes what is wrong with a document that is ready
UPDATE document
SET error = :error, updated_at = clock_timestamp()
WHERE uuid = :uuid AND status = 'ready'
-- :name publish_document :affected
-- :doc Makes a document findable, unless a newer version of its source is already
UPDATE document
SET status = 'ready', updated_at = clock_timestamp()
WHERE
    uuid = :uuid
    AND NOT EXISTS (
        SELECT 1
        FROM document AS newer
        WHERE
            newer.id > document.id
            AND newer.source = document.source
            -- Of the digest there is an index; a whole source may be too long for one.
            AND newer.source_md5 = document.source_md5
            AND newer.user_id IS NOT DISTINCT FROM document.user_id
            AND newer.status = 'ready'
    )
-- :name retry_documents :many
-- :doc Has failed documents ingested again, or those of :uuids, whose bytes are kept
WITH retried AS (
    UPDATE document
    SET status = 'pending', error = NULL, passages_done = 0, updated_at = clock_timestamp()
    WHERE
        status = 'failed'
        AND (CAST(:uuids AS uuid[]) IS NULL OR uuid = ANY(CAST(:uuids AS uuid[])))
        AND EXISTS (
            SELECT FROM document_content WHERE document_uuid = document.uuid AND kind = 'file'
        )
        -- Its points may still be purged, which would take the new ones as well.
        AND NOT EXISTS (SELECT FROM job WHERE job.document_uuid = document.uuid)
        -- A newer version has taken its place.
        AND NOT EXISTS (
            SELECT FROM document AS other
            WHERE
                other.source_md5 = document.source_md5
                AND other.user_id IS NOT DISTINCT FROM document.user_id
                AND other.id > document.id
        )
    RETURNING uuid, bytes
)
INSERT INTO job (kind, document_uuid, bytes)
SELECT 'ingest', uuid, bytes
FROM retried
RETURNING document_uuid AS uuid
-- :name select_documents_without_original :many
-- :doc Of these documents (of all, without :uuids) those whose original bytes are not kept
SELECT uuid
FROM document
WHERE
    (CAST(:uuids AS uuid[]) IS NULL OR uuid = ANY(CAST(:uuids AS uuid[])))
    AND NOT EXISTS (
        SELECT FROM document_content WHERE document_uuid = document.uuid AND kind = 'file'
    )
ORDER BY id
-- :name select_existing_documents :many
-- :doc Which of these documents may have points, and how many passages those have that are ready
SELECT uuid, CASE WHEN status = 'ready' THEN passages_total END AS passages
FROM document
WHERE uuid IN :uuids AND status <> 'failed'
-- :name select_failed_documents :many
-- :doc Those of :uuids (as Postgres writes an array) that failed, or were not read anew
SELECT
    uuid, title, source, media_type, bytes, sha256, metadata, status, error, passages_total,
    passages_done, created_at, updated_at
FROM document
WHERE uuid = ANY(CAST(:uuids AS uuid[])) AND (status = 'failed' OR error = :not_read_anew)
ORDER BY id
-- :name set_index :affected
-- :doc Makes an index that of this database, in place of any other
WITH others AS (
    DELETE FROM index_version
    WHERE collection <> :collection
)
INSERT INTO index_version (collection, index_uuid, version)
VALUES (:collection, :index_uuid, :version)
ON CONFLICT (collection) DO UPDATE
SET
    index_uuid = excluded.index_uuid,
    version = excluded.version,
    updated_at = clock_timestamp()
-- :name bind_idempotency_key :affected
-- :doc Has a key stand for a message whose stream begins; nothing where the lease is somebody else's
UPDATE idempotency_key
SET
    message_uuid = :message_uuid,
    status = :status,
    content_type = :content_type,
    headers = CAST(:headers AS jsonb)
WHERE id = :id AND lease = :lease
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
-- :name end_idempotency_lease :affected
-- :doc Leaves a key to its message; nothing where the lease is somebody else's
UPDATE idempotency_key
SET lease = NULL
WHERE id = :id AND lease = :lease
-- :name finish_idempotency_key :affected
-- :doc Stores the answer under its key; nothing where the lease is somebody else's
UPDATE idempotency_key
SET
    lease = NULL,
    status = :status,
    content_type = :content_type,
    headers = CAST(:headers AS jsonb),
    body = :body
WHERE id = :id AND lease = :lease
-- :name get_idempotency_key :one
-- :doc What is known of the caller's key: the request, and the answer if there is one
SELECT
    held.fingerprint, held.status, held.content_type, held.headers, held.body, held.message_uuid,
    CASE WHEN held.message_uuid IS NOT NULL THEN coalesce(message.status, '') END AS message_status
FROM idempotency_key AS held
LEFT JOIN message ON message.uuid = held.message_uuid
WHERE
    -- Not IS NOT DISTINCT FROM: that uses no index.
    (held.user_id = :user_id OR (held.user_id IS NULL AND CAST(:user_id AS bigint) IS NULL))
    AND held.key = :key
    AND held.expires_at > clock_timestamp()
-- :name release_idempotency_key :affected
-- :doc Gives a key up, as if it had not been sent; nothing where the lease is somebody else's
DELETE FROM idempotency_key
WHERE id = :id AND lease = :lease
-- :name renew_idempotency_key :affected
-- :doc Keeps a key for :seconds more; nothing where the lease is somebody else's
UPDATE idempotency_key
SET leased_until = clock_timestamp() + make_interval(secs => :seconds)
WHERE id = :id AND lease = :lease
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
-- :name count_jobs :scalar
-- :doc How many jobs on documents are still to be done
SELECT count(*)
FROM job
WHERE kind <> 'mail'
-- :name finish_job :affected
-- :doc Deletes a job that is done; nothing where the lease, or the index, is somebody else's
DELETE FROM job
WHERE
    id = :id
    AND lease = :lease
    AND (
        index_uuid IS NULL
        -- Shared until this transaction ends: who makes another index that of this database waits.
        OR EXISTS (
            SELECT FROM index_version WHERE index_version.index_uuid = job.index_uuid FOR SHARE
        )
    )
-- :name insert_job :scalar
-- :doc Inserts a job that is due at once; returns its id
INSERT INTO job (kind, document_uuid, bytes)
VALUES (:kind, :document_uuid, :bytes)
RETURNING id
-- :name postpone_job :affected
-- :doc Gives a job back, to be tried again after :seconds; adds to its :faults
UPDATE job
SET
    run_at = clock_timestamp() + make_interval(secs => :seconds),
    faults = faults + :faults,
    lease = NULL
WHERE id = :id AND lease = :lease
-- :name renew_job :affected
-- :doc Keeps a job for :seconds more; nothing where the lease, or the index, is somebody else's
UPDATE job
SET run_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE
    id = :id
    AND lease = :lease
    AND (
        index_uuid IS NULL
        OR EXISTS (
            SELECT FROM index_version WHERE index_version.index_uuid = job.index_uuid FOR SHARE
        )
    )
-- :name delete_old_journal :affected
-- :doc Deletes some of what is older than so many seconds
DELETE FROM journal
WHERE (message_uuid, position) IN (
    SELECT message_uuid, position
    FROM journal
    WHERE created_at < clock_timestamp() - make_interval(secs => :seconds)
    LIMIT :limit
)
-- :name follow_journal :many
-- :doc How far an answer of the caller's is, and what of its journal comes from a position on
SELECT
    message.status, COALESCE(question.model, message.model) AS asked_model,
    journal.position, journal.text, journal.deltas, journal.error
FROM message
LEFT JOIN message AS question ON question.uuid = message.question_uuid
LEFT JOIN journal
    ON
        journal.message_uuid = message.uuid
        AND (journal.position >= :position OR journal.text IS NULL)
WHERE
    message.uuid = :uuid
    AND message.role = 'assistant'
    AND message.user_id IS NOT DISTINCT FROM :user_id
ORDER BY journal.position
-- :name insert_journal :affected
-- :doc Adds deltas of answers that are still under way; rows is a JSON array of batches
INSERT INTO journal (message_uuid, position, user_id, text, deltas)
SELECT message.uuid, given.position, message.user_id, given.text, given.deltas
FROM json_to_recordset(CAST(:rows AS json)) AS given (
    message_uuid uuid, position integer, text text, deltas json
)
INNER JOIN message ON message.uuid = given.message_uuid AND message.status = 'generating'
ON CONFLICT (message_uuid, position) DO NOTHING
-- :name note_follower :affected
-- :doc Says to the process that generates an answer of the caller's that somebody follows it
UPDATE message
SET followed_at = clock_timestamp()
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id AND status = 'generating'
-- :name find_cited_passages :many
-- :doc Which documents that the caller may see are, or have replaced, those of passages, and these
-- passages as they are now; rows is a JSON array of them
SELECT
    given.number, document.uuid AS document_uuid,
    encode(sha256(convert_to(passage.text, 'UTF8')), 'hex') AS sha256
FROM json_to_recordset(CAST(:rows AS json)) AS given (
    number integer, document_uuid uuid, source text, shared boolean, "start" integer, "end" integer
)
INNER JOIN document
    ON
        document.uuid = given.document_uuid
        OR (
            document.source = given.source
            -- Of the digest there is an index; a whole source may be too long for one.
            AND document.source_md5 = md5(given.source)
            AND document.user_id IS NOT DISTINCT FROM
            CASE WHEN NOT given.shared THEN CAST(:user_id AS bigint) END
        )
LEFT JOIN passage
    ON
        passage.document_uuid = document.uuid
        AND document.uuid = given.document_uuid
        AND passage."start" = given."start"
        AND passage."end" = given."end"
WHERE document.status = 'ready' AND (document.user_id IS NULL OR document.user_id = :user_id)
-- :name finish_messages :many
-- :doc Writes the ends of answers under way, and what their journals keep; rows is a JSON array
-- `= ANY(ARRAY(…))` finds rows by their index. A join reads the whole table: the planner expects 100
-- rows of a JSON, and cannot tell how few the policies leave.
WITH given AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(CAST(:rows AS json)) AS given (
        uuid uuid, model text, message text, status text, finish_reason text, usage jsonb,
        turns jsonb, prompt_sha256 text, deltas json, error json
    )
),

ended AS (
    UPDATE message
    SET
        model = COALESCE(given.model, message.model),
        message = given.message,
        status = given.status,
        finish_reason = given.finish_reason,
        usage = given.usage,
        turns = given.turns,
        prompt_sha256 = given.prompt_sha256
    FROM given
    WHERE message.uuid = given.uuid AND message.uuid = ANY(ARRAY(SELECT uuid FROM given))
    RETURNING message.uuid, message.user_id
),

kept AS (
    INSERT INTO journal (message_uuid, position, user_id, deltas, error)
    SELECT ended.uuid, 0, ended.user_id, given.deltas, given.error
    FROM ended
    INNER JOIN given ON given.uuid = ended.uuid
    WHERE given.deltas IS NOT NULL
    ON CONFLICT (message_uuid, position) DO UPDATE
    SET text = NULL, deltas = excluded.deltas, error = excluded.error
),

removed AS (
    DELETE FROM journal
    WHERE message_uuid = ANY(ARRAY(SELECT uuid FROM given)) AND position > 0
)

SELECT uuid FROM ended
-- :name get_message :one
-- :doc One message of the caller's, or nothing
SELECT
    id, uuid, chat_uuid, model, role, message, status, finish_reason, usage, sources,
    retrieval_queries, turns, created_at
FROM message
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id
-- :name get_receipt :one
-- :doc An answer of the caller's with its question, and what is kept of how it came about
SELECT
    answer.uuid, answer.model, answer.message, answer.status, answer.finish_reason, answer.sources,
    answer.retrieval_queries, answer.turns, answer.parameters, answer.prompt_mark,
    answer.prompt_sha256, answer.created_at, question.message AS question
FROM message AS answer
LEFT JOIN message AS question
    ON answer.question_uuid = question.uuid AND question.user_id IS NOT DISTINCT FROM :user_id
WHERE
    answer.uuid = :uuid
    AND answer.user_id IS NOT DISTINCT FROM :user_id
    AND answer.role = 'assistant'
-- :name insert_messages :many
-- :doc Inserts messages in the order given; rows is a JSON array of them
INSERT INTO message (
    uuid, chat_uuid, user_id, question_uuid, model, role, message, status, finish_reason, usage,
    sources, retrieval_queries, turns, parameters, prompt_mark, prompt_sha256, process_uuid
)
SELECT
    given.uuid, given.chat_uuid, given.user_id, given.question_uuid, given.model, given.role,
    given.message, given.status, given.finish_reason, given.usage, given.sources,
    given.retrieval_queries, given.turns, given.parameters, given.prompt_mark,
    given.prompt_sha256, given.process_uuid
FROM ROWS FROM (
    json_to_recordset(CAST(:rows AS json)) AS (
        uuid uuid, chat_uuid uuid, user_id bigint, question_uuid uuid, model text, role text,
        message text, status text, finish_reason text, usage jsonb, sources jsonb,
        retrieval_queries jsonb, turns jsonb, parameters jsonb, prompt_mark text,
        prompt_sha256 text, process_uuid uuid
    )
) WITH ORDINALITY AS given (
    uuid, chat_uuid, user_id, question_uuid, model, role, message, status, finish_reason, usage,
    sources, retrieval_queries, turns, parameters, prompt_mark, prompt_sha256, process_uuid, position
)
ORDER BY given.position
RETURNING uuid, id, created_at
-- :name list_messages :many
-- :doc The caller's messages, newest first: those before an id and of a chat, where given
-- One at least, and no more after 1 MiB as it is stored: the JSON of 80 MB would take a second.
WITH newest AS (
    SELECT id, octet_length(message) + pg_column_size(sources) AS bytes
    FROM message
    WHERE
        -- Not IS NOT DISTINCT FROM: that uses no index.
        (user_id = :user_id OR (user_id IS NULL AND CAST(:user_id AS bigint) IS NULL))
        AND (CAST(:before AS bigint) IS NULL OR id < :before)
        AND (CAST(:chat_uuid AS uuid) IS NULL OR chat_uuid = :chat_uuid)
    ORDER BY id DESC
    LIMIT CAST(:limit AS integer) + 1
), measured AS (
    SELECT
        id,
        row_number() OVER newest_first AS position,
        sum(bytes) OVER newest_first - bytes AS bytes_before,
        lead(id) OVER newest_first IS NOT NULL AS has_next
    FROM newest
    WINDOW newest_first AS (ORDER BY id DESC)
)
SELECT
    message.id, uuid, chat_uuid, model, role, message, status, finish_reason, usage, sources,
    retrieval_queries, turns, created_at, has_next
FROM measured
INNER JOIN message ON measured.id = message.id
WHERE position <= :limit AND bytes_before < 1048576
ORDER BY message.id DESC
-- :name request_cancellation :affected
-- :doc Asks the process that generates an answer of the caller's to cancel it
UPDATE message
SET cancel_requested_at = clock_timestamp()
WHERE uuid = :uuid AND user_id IS NOT DISTINCT FROM :user_id AND status = 'generating'
-- :name beat :many
-- :doc Says that a process is alive; returns which of its answers others follow or ask it to cancel
WITH beat AS (
    INSERT INTO process (uuid) VALUES (:uuid)
    ON CONFLICT (uuid) DO UPDATE SET seen_at = clock_timestamp()
),

forgotten AS (
    DELETE FROM process WHERE seen_at < clock_timestamp() - make_interval(secs => :forget_seconds)
)

SELECT uuid, cancel_requested_at IS NOT NULL AS cancel
FROM message
WHERE
    status = 'generating'
    AND process_uuid = :uuid
    AND (
        cancel_requested_at IS NOT NULL
        OR followed_at > clock_timestamp() - make_interval(secs => :followed_seconds)
    )
-- :name delete_process :affected
-- :doc Says that a process has ended
DELETE FROM process WHERE uuid = :uuid
-- :name end_abandoned_messages :affected
-- :doc Ends the answers whose process is dead, or is :uuid and knows nothing of them; of an older version, those that took too long
WITH alive AS (
    SELECT uuid
    FROM process
    WHERE seen_at > clock_timestamp() - make_interval(secs => :lease_seconds)
),

abandoned AS (
    SELECT uuid, coalesce(
        (
            SELECT string_agg(journal.text, '' ORDER BY journal.position)
            FROM journal
            WHERE journal.message_uuid = message.uuid
        ), ''
    ) AS text
    FROM message
    WHERE
        status = 'generating'
        -- A process that has just started may not have said yet that it is alive.
        AND created_at < clock_timestamp() - make_interval(secs => :lease_seconds)
        AND CASE
            WHEN process_uuid IS NULL
                THEN created_at < clock_timestamp() - make_interval(secs => :seconds)
            WHEN process_uuid = :uuid
                THEN
                    uuid <> ALL(CAST(:known AS uuid []))
                    AND created_at < clock_timestamp() - make_interval(secs => :lease_seconds)
            ELSE process_uuid NOT IN (SELECT uuid FROM alive)
        END
    FOR UPDATE SKIP LOCKED
)

UPDATE message
SET
    message = abandoned.text,
    status = CASE abandoned.text WHEN '' THEN 'failed' ELSE 'partial' END,
    finish_reason = 'abandoned'
FROM abandoned
WHERE message.uuid = abandoned.uuid AND message.status = 'generating'
-- :name delete_calibration :affected
-- :doc Undoes the calibration of an embedding model, if there is one
DELETE FROM calibration
WHERE embedding_model = :embedding_model
-- :name get_passages :many
-- :doc The passages among these uuids, with their documents' names and whether the caller may see them
SELECT
    passage.uuid, passage.document_uuid, document.title, document.source, document.sha256 AS document_sha256,
    document.user_id IS NULL AS is_shared, passage.ordinal,
    passage."start", passage."end", passage.page, passage.headings,
    passage.table_header, passage.text,
    document.status = 'ready'
    AND (document.user_id IS NULL OR document.user_id = :user_id) AS visible
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE passage.uuid = ANY(CAST(:uuids AS uuid[]))
-- :name get_threshold :one
-- :doc The relevance threshold that was calibrated for an embedding model, if any was
SELECT threshold, evidence_version
FROM calibration
WHERE embedding_model = :embedding_model
-- :name select_hidden_documents :many
-- :doc Documents that nobody may find although they may have points: not ready yet, or deleted
SELECT document_uuid
FROM job
WHERE kind = 'purge' OR (kind = 'ingest' AND attempts > 0)
-- :name upsert_calibration :affected
-- :doc Stores the calibration of an embedding model in place of its last one
INSERT INTO calibration (
    embedding_model, evidence_version, threshold, false_answers, false_refusals, answerable,
    unanswerable
)
VALUES (
    :embedding_model, :evidence_version, :threshold, :false_answers, :false_refusals, :answerable,
    :unanswerable
)
ON CONFLICT (embedding_model) DO UPDATE
SET
    evidence_version = excluded.evidence_version,
    threshold = excluded.threshold,
    false_answers = excluded.false_answers,
    false_refusals = excluded.false_refusals,
    answerable = excluded.answerable,
    unanswerable = excluded.unanswerable,
    calibrated_at = clock_timestamp()
-- :name adopt_chats :affected
-- :doc Gives a user the chats without an owner
UPDATE chat
SET user_id = :owner_id
WHERE user_id IS NULL
-- :name adopt_documents :many
-- :doc Gives a user at most :most shared documents: none under way, none of a source that they have
UPDATE document
SET user_id = :owner_id, updated_at = clock_timestamp()
WHERE uuid IN (
    SELECT shared.uuid
    FROM document AS shared
    WHERE
        shared.user_id IS NULL
        AND shared.status <> 'processing'
        AND NOT EXISTS (
            SELECT FROM document AS own
            WHERE own.user_id = :owner_id AND own.source_md5 = shared.source_md5
        )
    LIMIT :most
)
RETURNING uuid, bytes, status
-- :name adopt_messages :affected
-- :doc Gives a user at most :most messages without an owner
UPDATE message
SET user_id = :owner_id
WHERE id IN (SELECT id FROM message WHERE user_id IS NULL LIMIT :most)
-- :name adopt_passages :affected
-- :doc Gives a user the passages of a document
UPDATE passage
SET user_id = :owner_id
WHERE document_uuid = :document_uuid
-- :name consume_code :scalar
-- :doc Uses a code up, unless too many were typed for its address; that address, or nothing
DELETE FROM magic_link
WHERE
    email = :email
    AND code_hash = :code_hash
    AND typed_codes <= :most
    AND expires_at > clock_timestamp()
RETURNING email
-- :name consume_token :scalar
-- :doc Uses a link up; the address that it was mailed to, or nothing
DELETE FROM magic_link
WHERE token_hash = :token_hash AND expires_at > clock_timestamp()
RETURNING email
-- :name count_code :affected
-- :doc Counts a code that somebody types against every code of its address, right or wrong
UPDATE magic_link
SET typed_codes = typed_codes + 1
WHERE email = :email
-- :name count_shared_documents :scalar
-- :doc How many documents have no owner
SELECT count(*)
FROM document
WHERE user_id IS NULL
-- :name delete_api_key :affected
-- :doc Ends a key of the caller's
DELETE FROM api_key
WHERE uuid = :uuid AND user_id = :user_id
-- :name delete_expired :affected
-- :doc Deletes the links and sessions that expired, and keys 30 days later: their owners see why
WITH links AS (
    DELETE FROM magic_link
    WHERE expires_at <= clock_timestamp()
), keys AS (
    DELETE FROM api_key
    WHERE expires_at <= clock_timestamp() - interval '30 days'
)
DELETE FROM session
WHERE expires_at <= clock_timestamp()
-- :name delete_session :affected
-- :doc Ends a session
DELETE FROM session
WHERE token_hash = :token_hash
-- :name delete_some_contents :affected
-- :doc Deletes at most :most parts of what is kept of a user's documents
DELETE FROM document_content
WHERE (document_uuid, kind, ordinal) IN (
    SELECT content.document_uuid, content.kind, content.ordinal
    FROM document_content AS content
    INNER JOIN document ON content.document_uuid = document.uuid
    WHERE document.user_id = :owner_id
    LIMIT :most
)
-- :name delete_some_documents :affected
-- :doc Deletes at most :most documents of a user, and leaves their points to purge jobs
WITH gone AS (
    DELETE FROM document
    WHERE uuid IN (SELECT uuid FROM document WHERE user_id = :owner_id LIMIT :most)
    RETURNING uuid
)
INSERT INTO job (kind, document_uuid)
SELECT 'purge', uuid
FROM gone
-- :name delete_some_messages :affected
-- :doc Deletes at most :most messages of a user
DELETE FROM message
WHERE id IN (SELECT id FROM message WHERE user_id = :owner_id LIMIT :most)
-- :name delete_user :affected
-- :doc Deletes a user and all that is theirs; the points of their documents are left to purge jobs
WITH gone AS (
    SELECT id, email
    FROM users
    WHERE id = :owner_id
), purges AS (
    INSERT INTO job (kind, document_uuid)
    SELECT 'purge', document.uuid
    FROM document
    INNER JOIN gone ON document.user_id = gone.id
), mails AS (
    DELETE FROM job
    USING gone
    WHERE job.kind = 'mail' AND job.payload ->> 'email' = gone.email
), links AS (
    DELETE FROM magic_link
    USING gone
    WHERE magic_link.email = gone.email
)
DELETE FROM users
WHERE id = :owner_id
-- :name export_chats :many
-- :doc The caller's chats after a uuid, for an export
SELECT uuid, title, created_at, updated_at
FROM chat
WHERE user_id = :user_id AND (CAST(:after AS uuid) IS NULL OR uuid > :after)
ORDER BY uuid
LIMIT :limit
-- :name export_documents :many
-- :doc The caller's documents after a uuid, for an export
SELECT
    uuid, title, source, media_type, file_name, declared_type, bytes, sha256, metadata, status,
    created_at, updated_at
FROM document
WHERE user_id = :user_id AND (CAST(:after AS uuid) IS NULL OR uuid > :after)
ORDER BY uuid
LIMIT :limit
-- :name export_messages :many
-- :doc The caller's messages after an id, for an export
SELECT
    id, uuid, chat_uuid, model, role, message, status, finish_reason, usage, sources,
    retrieval_queries, turns, created_at
FROM message
WHERE user_id = :user_id AND id > :after
ORDER BY id
LIMIT :limit
-- :name export_passages :many
-- :doc The passages of a document of the caller's from an ordinal on, for an export
SELECT passage.document_uuid, passage.ordinal, passage.page, passage.headings, passage.text
FROM passage
INNER JOIN document ON passage.document_uuid = document.uuid
WHERE
    document.user_id = :user_id
    AND passage.document_uuid = :document_uuid
    AND passage.ordinal >= :first
ORDER BY passage.ordinal
LIMIT :limit
-- :name get_api_key :one
-- :doc Whose key this is and what it may do, and whether its last use was noted over a minute ago
SELECT
    uuid, user_id, scopes,
    coalesce(last_used_at < clock_timestamp() - interval '1 minute', true) AS is_use_stale
FROM api_key
WHERE key_hash = :key_hash AND coalesce(expires_at > clock_timestamp(), true)
-- :name get_session :one
-- :doc Whose session this is, and whether less than half of its :seconds are left
SELECT
    user_id,
    expires_at < clock_timestamp() + make_interval(secs => :seconds) / 2 AS is_half_over
FROM session
WHERE token_hash = :token_hash AND expires_at > clock_timestamp()
-- :name get_user :one
-- :doc The user that the caller is
SELECT uuid, email, created_at
FROM users
WHERE id = :user_id
-- :name get_user_by_email :one
-- :doc The user of an address, or nothing
SELECT id, uuid, email, created_at
FROM users
WHERE email = :email
-- :name insert_api_key :one
-- :doc Keeps the hash of a key of the caller's; nothing where they have :most already
INSERT INTO api_key (uuid, user_id, name, scopes, prefix, last_four, key_hash, expires_at)
SELECT
    :uuid, :user_id, :name, string_to_array(:scopes, ','), :prefix, :last_four, :key_hash,
    CAST(:expires_at AS timestamptz)
WHERE (SELECT count(*) FROM api_key WHERE user_id = :user_id) < :most
RETURNING uuid, name, scopes, prefix, last_four, created_at, expires_at, last_used_at
-- :name insert_magic_link :affected
-- :doc Keeps the hashes of a link and its code, which expire after :minutes
INSERT INTO magic_link (token_hash, code_hash, email, expires_at)
VALUES (:token_hash, :code_hash, :email, clock_timestamp() + make_interval(mins => :minutes))
-- :name insert_mail_job :affected
-- :doc Has a magic link mailed to an address: to a known one, or with :register to any
INSERT INTO job (kind, document_uuid, payload)
VALUES (
    'mail',
    :document_uuid,
    jsonb_build_object('email', CAST(:email AS text), 'register', CAST(:register AS boolean))
)
-- :name insert_session :affected
-- :doc Keeps the hash of a session of a user, which expires after :seconds
INSERT INTO session (token_hash, user_id, expires_at)
VALUES (:token_hash, :owner_id, clock_timestamp() + make_interval(secs => :seconds))
-- :name list_api_keys :many
-- :doc The caller's keys, newest first
SELECT uuid, name, scopes, prefix, last_four, created_at, expires_at, last_used_at
FROM api_key
WHERE user_id = :user_id
ORDER BY created_at DESC, uuid
-- :name list_sessions :many
-- :doc When the caller's sessions began and when they end
SELECT created_at, expires_at
FROM session
WHERE user_id = :user_id
ORDER BY created_at
-- :name list_users :many
-- :doc All users in the order in which they came, after an id
SELECT id, uuid, email, created_at
FROM users
WHERE id > :after
ORDER BY id
LIMIT :limit
-- :name renew_session :affected
-- :doc Lets a session last for :seconds from now on
UPDATE session
SET expires_at = clock_timestamp() + make_interval(secs => :seconds)
WHERE token_hash = :token_hash AND expires_at > clock_timestamp()
-- :name touch_api_key :affected
-- :doc Notes that a key is used, at most once a minute
UPDATE api_key
SET last_used_at = clock_timestamp()
WHERE
    key_hash = :key_hash
    AND coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)
-- :name upsert_user :one
-- :doc The user of an address, who is made if there is none
INSERT INTO users (uuid, email)
VALUES (:uuid, :email)
ON CONFLICT (email) DO UPDATE SET email = excluded.email
RETURNING id, uuid, email, created_at
