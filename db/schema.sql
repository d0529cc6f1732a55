\restrict dbmate

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: api_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_key (
    uuid uuid NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    prefix text NOT NULL,
    last_four text NOT NULL,
    key_hash bytea NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.api_key FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE api_key; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.api_key IS 'What programs send in place of a session.';


--
-- Name: COLUMN api_key.scopes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.api_key.scopes IS 'What may be done with it: read, ask, ingest.';


--
-- Name: COLUMN api_key.prefix; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.api_key.prefix IS 'Its first characters, by which its owner knows it.';


--
-- Name: COLUMN api_key.last_four; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.api_key.last_four IS 'Its last characters, likewise.';


--
-- Name: COLUMN api_key.key_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.api_key.key_hash IS 'SHA-256 of the key, which is random enough to need no more.';


--
-- Name: COLUMN api_key.expires_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.api_key.expires_at IS 'Null: never.';


--
-- Name: COLUMN api_key.last_used_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.api_key.last_used_at IS 'To the minute; null: never.';


--
-- Name: calibration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.calibration (
    embedding_model text NOT NULL,
    threshold double precision NOT NULL,
    false_answers double precision NOT NULL,
    false_refusals double precision NOT NULL,
    answerable integer NOT NULL,
    unanswerable integer NOT NULL,
    calibrated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    evidence_version integer NOT NULL,
    CONSTRAINT calibration_threshold_check CHECK (((threshold >= ('-1'::integer)::double precision) AND (threshold <= (1.8)::double precision)))
);


--
-- Name: TABLE calibration; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.calibration IS 'How much must speak for a passage for it to be relevant, as measured on labelled questions.';


--
-- Name: COLUMN calibration.embedding_model; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calibration.embedding_model IS 'A threshold means nothing to another model.';


--
-- Name: COLUMN calibration.threshold; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calibration.threshold IS 'The evidence from which a passage counts as relevant.';


--
-- Name: COLUMN calibration.false_answers; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calibration.false_answers IS 'The share of unanswerable questions that it lets through, cross-validated.';


--
-- Name: COLUMN calibration.false_refusals; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calibration.false_refusals IS 'The share of answerable questions that it refuses, cross-validated.';


--
-- Name: COLUMN calibration.answerable; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calibration.answerable IS 'How many questions of this kind it was measured on.';


--
-- Name: COLUMN calibration.unanswerable; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calibration.unanswerable IS 'Likewise.';


--
-- Name: COLUMN calibration.evidence_version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.calibration.evidence_version IS 'Which way of judging it was measured with: a threshold means nothing to another.';


--
-- Name: chat; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.chat (
    uuid uuid NOT NULL,
    user_id bigint,
    title text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.chat FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE chat; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.chat IS 'Conversations: questions that are understood by those before them.';


--
-- Name: COLUMN chat.uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.chat.uuid IS 'UUIDv7: the later, the greater; the cursor of lists.';


--
-- Name: COLUMN chat.user_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.chat.user_id IS 'Its owner; null: held without an account.';


--
-- Name: COLUMN chat.title; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.chat.title IS 'Given, or made of the first question; null before that.';


--
-- Name: COLUMN chat.updated_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.chat.updated_at IS 'When it was asked in last, or renamed.';


--
-- Name: document; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.document (
    id bigint NOT NULL,
    uuid uuid NOT NULL,
    user_id bigint,
    title text NOT NULL,
    source text NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    status text NOT NULL,
    error text,
    passages_total integer,
    passages_done integer DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    source_md5 text GENERATED ALWAYS AS (md5(source)) STORED,
    given_title text,
    file_name text,
    declared_type text,
    text_bytes bigint,
    text_sha256 text,
    is_sample boolean DEFAULT false NOT NULL,
    CONSTRAINT document_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'ready'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.document FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE document; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.document IS 'The knowledge base: what passages are cut from.';


--
-- Name: COLUMN document.user_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.user_id IS 'Its owner; null: shared with everyone.';


--
-- Name: COLUMN document.source; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.source IS 'Where it came from, in Unicode NFC: a path or an address; of each owner one document is ready for it, beside which a newer version may be on its way.';


--
-- Name: COLUMN document.sha256; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.sha256 IS 'Of the original bytes, in hexadecimal: the same bytes of the same source are not ingested twice.';


--
-- Name: COLUMN document.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.status IS 'Only the passages of a ready document can be found.';


--
-- Name: COLUMN document.error; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.error IS 'Why it failed; of a document that is ready, what of it could not be read.';


--
-- Name: COLUMN document.passages_done; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.passages_done IS 'How many passages are written, from the first on: where a broken off ingestion goes on.';


--
-- Name: COLUMN document.source_md5; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.source_md5 IS 'What indexes know of the source, which may be long.';


--
-- Name: COLUMN document.given_title; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.given_title IS 'What its owner calls it; null: its title is the one that it gives itself, or its name.';


--
-- Name: COLUMN document.file_name; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.file_name IS 'What the file was called where it came from, if it had a name; its source may be another one.';


--
-- Name: COLUMN document.declared_type; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.declared_type IS 'The media type that the file was labelled with; null: it was given as text, which is taken as it is.';


--
-- Name: COLUMN document.text_bytes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.text_bytes IS 'Of the text that it was read as, in UTF-8; null: it has not been read, or the text was not kept yet when it was.';


--
-- Name: COLUMN document.text_sha256; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.text_sha256 IS 'Of those bytes, in hexadecimal.';


--
-- Name: COLUMN document.is_sample; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.is_sample IS 'Whether it is there for newcomers to ask about: it leaves as soon as another document comes in.';


--
-- Name: document_content; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.document_content (
    document_uuid uuid NOT NULL,
    kind text NOT NULL,
    ordinal integer NOT NULL,
    part bytea NOT NULL,
    CONSTRAINT document_content_kind_check CHECK ((kind = ANY (ARRAY['file'::text, 'text'::text])))
);
ALTER TABLE ONLY public.document_content ALTER COLUMN part SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.document_content FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE document_content; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.document_content IS 'The original bytes of a document, and the text that they were read as: in parts of 128 KiB, since a driver that takes 20 MB at once stops the process for a fifth of a second.';


--
-- Name: COLUMN document_content.kind; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document_content.kind IS 'file: the bytes as they came; text: the text in UTF-8, in which the offsets of passages count characters.';


--
-- Name: COLUMN document_content.ordinal; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document_content.ordinal IS 'From 0 on, without a gap.';


--
-- Name: document_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.document ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.document_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: idempotency_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_key (
    id bigint NOT NULL,
    user_id bigint,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    lease uuid,
    leased_until timestamp with time zone NOT NULL,
    status integer,
    content_type text,
    headers jsonb,
    body bytea,
    expires_at timestamp with time zone NOT NULL,
    message_uuid uuid,
    answer_uuid uuid
);

ALTER TABLE ONLY public.idempotency_key FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE idempotency_key; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.idempotency_key IS 'What a request with an Idempotency-Key was answered, for when it is sent again.';


--
-- Name: COLUMN idempotency_key.user_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.user_id IS 'Whose request it was; null: nobody''s.';


--
-- Name: COLUMN idempotency_key.key; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.key IS 'As the client chose it, without quotes.';


--
-- Name: COLUMN idempotency_key.fingerprint; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.fingerprint IS 'SHA-256 of the request: the same key with another is refused.';


--
-- Name: COLUMN idempotency_key.lease; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.lease IS 'Of the process that answers; null: it is answered.';


--
-- Name: COLUMN idempotency_key.leased_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.leased_until IS 'The process renews this; once it is past, the process has died.';


--
-- Name: COLUMN idempotency_key.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.status IS 'Of the answer, always 2xx; null: it is under way.';


--
-- Name: COLUMN idempotency_key.content_type; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.content_type IS 'Of the answer; null: it has none.';


--
-- Name: COLUMN idempotency_key.headers; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.headers IS 'Other headers of the answer that are sent again, by name.';


--
-- Name: COLUMN idempotency_key.body; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.body IS 'Of the answer, byte for byte; null: it is a stream.';


--
-- Name: COLUMN idempotency_key.expires_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.expires_at IS 'From then on it counts as not there.';


--
-- Name: COLUMN idempotency_key.message_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.message_uuid IS 'Of a stream: the message whose journal is sent again. No reference: the key outlives it.';


--
-- Name: COLUMN idempotency_key.answer_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.idempotency_key.answer_uuid IS 'Of an answer to a question that is no stream: its message, with which the key is deleted.';


--
-- Name: idempotency_key_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.idempotency_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.idempotency_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: index_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.index_version (
    collection text NOT NULL,
    version integer NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    index_uuid uuid
);


--
-- Name: TABLE index_version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.index_version IS 'The index of this database, and by which version of the code it was written. There is one; those of before indexes had a uuid may be several.';


--
-- Name: COLUMN index_version.collection; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.index_version.collection IS 'QDRANT_COLLECTION_NAME.';


--
-- Name: COLUMN index_version.version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.index_version.version IS 'INDEX_VERSION of the newest code that has started on it, which queued the reindexing of what was older.';


--
-- Name: COLUMN index_version.index_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.index_version.index_uuid IS 'Kept in the index itself: another one has another; null: written before indexes had one.';


--
-- Name: job; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job (
    id bigint NOT NULL,
    kind text NOT NULL,
    document_uuid uuid NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    run_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease uuid,
    faults integer DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    user_id bigint DEFAULT ("substring"(current_setting('app.caller'::text, true), '^[0-9]+$'::text))::bigint,
    payload jsonb,
    index_uuid uuid,
    CONSTRAINT job_kind_check CHECK ((kind = ANY (ARRAY['ingest'::text, 'reingest'::text, 'index'::text, 'purge'::text, 'sweep'::text, 'mail'::text])))
);

ALTER TABLE ONLY public.job FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE job; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.job IS 'What is to be done besides requests; a row goes when it is done.';


--
-- Name: COLUMN job.kind; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.kind IS 'ingest: content to passages and points; reingest: the same for a document that is ready, and stays to be found meanwhile; index: passages to points; purge: points away; sweep: away with points that nothing in Postgres stands for; mail: a magic link to an address.';


--
-- Name: COLUMN job.document_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.document_uuid IS 'No reference: a purge outlives its document. Of a job that is about no single one, all zeros.';


--
-- Name: COLUMN job.attempts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.attempts IS 'How often it was claimed: each further attempt waits longer.';


--
-- Name: COLUMN job.run_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.run_at IS 'Not before; the worker that claimed it keeps moving this ahead, and one that died stops.';


--
-- Name: COLUMN job.lease; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.lease IS 'Drawn by the worker that claimed it; a worker whose lease was replaced may write nothing more.';


--
-- Name: COLUMN job.faults; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.faults IS 'How many of these ended in an internal error, after a few of which a document fails; neither an outage nor a restart is one.';


--
-- Name: COLUMN job.bytes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.bytes IS 'The size of the document that it is about: small ones are not kept waiting by large ones.';


--
-- Name: COLUMN job.user_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.user_id IS 'Whose request made it; null: nobody''s, or the service itself. No reference: a purge outlives its user.';


--
-- Name: COLUMN job.payload; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.payload IS 'Of a mail: the address, and whether it is a registration.';


--
-- Name: COLUMN job.index_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.index_uuid IS 'The index that the worker has which claimed it: once that is not the index of this database, nothing more may be written for the job; null: of a job that is not about documents.';


--
-- Name: job_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: journal; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.journal (
    message_uuid uuid NOT NULL,
    "position" integer NOT NULL,
    user_id bigint,
    text text,
    deltas json NOT NULL,
    error json,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.journal FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE journal; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.journal IS 'The deltas of streamed answers, so that a stream can be sent once more: some at a time while one is generated, in one row afterwards.';


--
-- Name: COLUMN journal."position"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.journal."position" IS 'How many deltas of the answer come before these.';


--
-- Name: COLUMN journal.user_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.journal.user_id IS 'The owner of the message.';


--
-- Name: COLUMN journal.text; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.journal.text IS 'Their text; null once the message holds it.';


--
-- Name: COLUMN journal.deltas; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.journal.deltas IS 'Their lengths, and what else a delta has, where it changes.';


--
-- Name: COLUMN journal.error; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.journal.error IS 'The error event that ended the stream, if one did.';


--
-- Name: magic_link; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.magic_link (
    token_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    email text NOT NULL,
    typed_codes integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.magic_link FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE magic_link; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.magic_link IS 'Mailed links that were not used yet; using one deletes it.';


--
-- Name: COLUMN magic_link.token_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.magic_link.token_hash IS 'HMAC-SHA256 of the token in the link, with SECRET_KEY.';


--
-- Name: COLUMN magic_link.code_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.magic_link.code_hash IS 'The same of the code, which is typed on another device.';


--
-- Name: COLUMN magic_link.email; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.magic_link.email IS 'Who it was mailed to; no user yet, where it is a registration.';


--
-- Name: COLUMN magic_link.typed_codes; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.magic_link.typed_codes IS 'How many codes were typed for this address since; a few end it.';


--
-- Name: message; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.message (
    id bigint NOT NULL,
    uuid uuid NOT NULL,
    chat_uuid uuid,
    user_id bigint,
    model text NOT NULL,
    role text NOT NULL,
    message text NOT NULL,
    status text NOT NULL,
    finish_reason text,
    usage jsonb,
    sources jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    question_uuid uuid,
    retrieval_queries jsonb,
    turns jsonb,
    prompt_mark text,
    process_uuid uuid,
    cancel_requested_at timestamp with time zone,
    followed_at timestamp with time zone,
    parameters jsonb,
    prompt_sha256 text,
    CONSTRAINT message_role_check CHECK ((role = ANY (ARRAY['user'::text, 'system'::text, 'assistant'::text]))),
    CONSTRAINT message_status_check CHECK ((status = ANY (ARRAY['generating'::text, 'complete'::text, 'partial'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.message FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE message; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.message IS 'What was asked and what was answered, the question first.';


--
-- Name: COLUMN message.id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.id IS 'Order of the messages; the cursor of lists.';


--
-- Name: COLUMN message.chat_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.chat_uuid IS 'The chat that it belongs to; null: a question on its own.';


--
-- Name: COLUMN message.user_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.user_id IS 'Its owner; null: asked without an account.';


--
-- Name: COLUMN message.status; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.status IS 'generating until the answer is complete, partial (some text, then a fault) or failed (no text).';


--
-- Name: COLUMN message.finish_reason; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.finish_reason IS 'As the upstream model gave it; ours are cancelled and abandoned.';


--
-- Name: COLUMN message.usage; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.usage IS 'prompt_tokens, completion_tokens and total_tokens, where the upstream counts them.';


--
-- Name: COLUMN message.sources; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.sources IS 'The passages that were put into the prompt, in prompt order, as they were then, each with the header of its table, the digest of its document''s bytes and whether that is shared.';


--
-- Name: COLUMN message.question_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.question_uuid IS 'Of an answer: the question that it answers.';


--
-- Name: COLUMN message.retrieval_queries; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.retrieval_queries IS 'Of an answer: what was searched for; null without retrieval.';


--
-- Name: COLUMN message.turns; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.turns IS 'Of an answer in a chat: how many earlier exchanges were used in the prompt, and how many dropped.';


--
-- Name: COLUMN message.prompt_mark; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.prompt_mark IS 'Of an answer from passages: what their fences in the prompt carried, so that it can be made again.';


--
-- Name: COLUMN message.process_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.process_uuid IS 'Of an answer: the process that generates it. No reference: it outlives that.';


--
-- Name: COLUMN message.cancel_requested_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.cancel_requested_at IS 'Of an answer under way: when somebody asked another process to cancel it.';


--
-- Name: COLUMN message.followed_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.followed_at IS 'Of an answer under way: when a reader of another process said last that it follows.';


--
-- Name: COLUMN message.parameters; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.parameters IS 'Of an answer: what was asked for besides the question; null before it was kept.';


--
-- Name: COLUMN message.prompt_sha256; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.message.prompt_sha256 IS 'Of an answer: the digest of what the model was told, as canonical JSON (RFC 8785); null where it was told nothing, and before it was kept.';


--
-- Name: message_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.message ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: passage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.passage (
    uuid uuid NOT NULL,
    document_uuid uuid NOT NULL,
    ordinal integer NOT NULL,
    start integer NOT NULL,
    "end" integer NOT NULL,
    headings text[] DEFAULT '{}'::text[] NOT NULL,
    text text NOT NULL,
    page integer,
    user_id bigint,
    table_header text
);

ALTER TABLE ONLY public.passage FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE passage; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.passage IS 'A part of a document small enough to embed; its vectors live in Qdrant under the same uuid.';


--
-- Name: COLUMN passage.uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.passage.uuid IS 'UUIDv5 of the document and the ordinal: ingesting twice writes the same points.';


--
-- Name: COLUMN passage.start; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.passage.start IS 'First character of the passage in the text of the document.';


--
-- Name: COLUMN passage."end"; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.passage."end" IS 'Character after its last one.';


--
-- Name: COLUMN passage.headings; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.passage.headings IS 'The headings above it, outermost first.';


--
-- Name: COLUMN passage.page; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.passage.page IS 'The page on which it begins, from 1 on; null: its type has no pages, or it was ingested before this was kept.';


--
-- Name: COLUMN passage.user_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.passage.user_id IS 'The owner of its document; null: shared with everyone.';


--
-- Name: COLUMN passage.table_header; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.passage.table_header IS 'Of a passage that begins within a table: the header of that table, which is embedded, indexed and in the prompt beside the text.';


--
-- Name: process; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.process (
    uuid uuid NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: TABLE process; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.process IS 'Processes of the service: each says every second that it is alive.';


--
-- Name: COLUMN process.seen_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.process.seen_at IS 'When it said so last.';


--
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);


--
-- Name: session; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.session (
    token_hash bytea NOT NULL,
    user_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.session FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE session; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.session IS 'Browsers in which a user is logged in.';


--
-- Name: COLUMN session.token_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.session.token_hash IS 'HMAC-SHA256 of the cookie, with SECRET_KEY.';


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id bigint NOT NULL,
    uuid uuid NOT NULL,
    email text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;


--
-- Name: TABLE users; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.users IS 'People: each has messages, documents, sessions and keys of their own.';


--
-- Name: COLUMN users.email; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.users.email IS 'In lower case; whoever reads mail there is this user.';


--
-- Name: users_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: api_key api_key_key_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_key_hash_key UNIQUE (key_hash);


--
-- Name: api_key api_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (uuid);


--
-- Name: calibration calibration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calibration
    ADD CONSTRAINT calibration_pkey PRIMARY KEY (embedding_model);


--
-- Name: chat chat_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.chat
    ADD CONSTRAINT chat_pkey PRIMARY KEY (uuid);


--
-- Name: document_content document_content_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document_content
    ADD CONSTRAINT document_content_pkey PRIMARY KEY (document_uuid, kind, ordinal);


--
-- Name: document document_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (id);


--
-- Name: document document_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_uuid_key UNIQUE (uuid);


--
-- Name: idempotency_key idempotency_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (id);


--
-- Name: idempotency_key idempotency_key_user_id_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_user_id_key_key UNIQUE NULLS NOT DISTINCT (user_id, key);


--
-- Name: index_version index_version_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.index_version
    ADD CONSTRAINT index_version_pkey PRIMARY KEY (collection);


--
-- Name: job job_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);


--
-- Name: journal journal_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (message_uuid, "position");


--
-- Name: magic_link magic_link_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.magic_link
    ADD CONSTRAINT magic_link_pkey PRIMARY KEY (token_hash);


--
-- Name: message message_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (id);


--
-- Name: message message_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_uuid_key UNIQUE (uuid);


--
-- Name: passage passage_document_ordinal_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.passage
    ADD CONSTRAINT passage_document_ordinal_key UNIQUE (document_uuid, ordinal);


--
-- Name: passage passage_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.passage
    ADD CONSTRAINT passage_pkey PRIMARY KEY (uuid);


--
-- Name: process process_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.process
    ADD CONSTRAINT process_pkey PRIMARY KEY (uuid);


--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);


--
-- Name: session session_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token_hash);


--
-- Name: users users_email_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: users users_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_uuid_key UNIQUE (uuid);


--
-- Name: api_key_user_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX api_key_user_id_idx ON public.api_key USING btree (user_id);


--
-- Name: chat_user_id_uuid_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX chat_user_id_uuid_idx ON public.chat USING btree (user_id, uuid);


--
-- Name: document_ready_source_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX document_ready_source_key ON public.document USING btree (user_id, source_md5) NULLS NOT DISTINCT WHERE (status = 'ready'::text);


--
-- Name: document_sample_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX document_sample_idx ON public.document USING btree (uuid) WHERE is_sample;


--
-- Name: document_source_md5_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX document_source_md5_idx ON public.document USING btree (source_md5);


--
-- Name: document_user_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX document_user_id_idx ON public.document USING btree (user_id);


--
-- Name: document_version_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX document_version_key ON public.document USING btree (user_id, source_md5, sha256) NULLS NOT DISTINCT WHERE (status <> 'failed'::text);


--
-- Name: idempotency_key_answer_uuid_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_key_answer_uuid_idx ON public.idempotency_key USING btree (answer_uuid) WHERE (answer_uuid IS NOT NULL);


--
-- Name: idempotency_key_expires_at_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_key_expires_at_idx ON public.idempotency_key USING btree (expires_at);


--
-- Name: job_document_uuid_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_document_uuid_idx ON public.job USING btree (document_uuid);


--
-- Name: job_run_at_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_run_at_idx ON public.job USING btree (run_at);


--
-- Name: journal_created_at_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX journal_created_at_idx ON public.journal USING btree (created_at);


--
-- Name: magic_link_email_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX magic_link_email_idx ON public.magic_link USING btree (email);


--
-- Name: message_chat_uuid_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX message_chat_uuid_id_idx ON public.message USING btree (chat_uuid, id) WHERE (chat_uuid IS NOT NULL);


--
-- Name: message_generating_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX message_generating_idx ON public.message USING btree (created_at) WHERE (status = 'generating'::text);


--
-- Name: message_user_id_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX message_user_id_id_idx ON public.message USING btree (user_id, id) WHERE (user_id IS NOT NULL);


--
-- Name: session_user_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX session_user_id_idx ON public.session USING btree (user_id);


--
-- Name: api_key api_key_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: chat chat_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.chat
    ADD CONSTRAINT chat_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: document_content document_content_document_uuid_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document_content
    ADD CONSTRAINT document_content_document_uuid_fkey FOREIGN KEY (document_uuid) REFERENCES public.document(uuid) ON DELETE CASCADE;


--
-- Name: document document_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: idempotency_key idempotency_key_answer_uuid_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_answer_uuid_fkey FOREIGN KEY (answer_uuid) REFERENCES public.message(uuid) ON DELETE CASCADE;


--
-- Name: idempotency_key idempotency_key_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: journal journal_message_uuid_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_message_uuid_fkey FOREIGN KEY (message_uuid) REFERENCES public.message(uuid) ON DELETE CASCADE;


--
-- Name: message message_chat_uuid_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_chat_uuid_fkey FOREIGN KEY (chat_uuid) REFERENCES public.chat(uuid) ON DELETE CASCADE;


--
-- Name: message message_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: passage passage_document_uuid_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.passage
    ADD CONSTRAINT passage_document_uuid_fkey FOREIGN KEY (document_uuid) REFERENCES public.document(uuid) ON DELETE CASCADE;


--
-- Name: session session_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: api_key; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.api_key ENABLE ROW LEVEL SECURITY;

--
-- Name: chat; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.chat ENABLE ROW LEVEL SECURITY;

--
-- Name: document; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.document ENABLE ROW LEVEL SECURITY;

--
-- Name: document_content; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.document_content ENABLE ROW LEVEL SECURITY;

--
-- Name: idempotency_key; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.idempotency_key ENABLE ROW LEVEL SECURITY;

--
-- Name: job; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.job ENABLE ROW LEVEL SECURITY;

--
-- Name: journal; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.journal ENABLE ROW LEVEL SECURITY;

--
-- Name: magic_link; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.magic_link ENABLE ROW LEVEL SECURITY;

--
-- Name: message; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.message ENABLE ROW LEVEL SECURITY;

--
-- Name: api_key owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.api_key USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) = (user_id)::text)));


--
-- Name: chat owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.chat USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) = COALESCE((user_id)::text, 'nobody'::text))));


--
-- Name: document owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.document USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) = COALESCE((user_id)::text, 'nobody'::text))));


--
-- Name: document_content owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.document_content USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (EXISTS ( SELECT
   FROM public.document
  WHERE ((document.uuid = document_content.document_uuid) AND (COALESCE((document.user_id)::text, 'nobody'::text) = ( SELECT current_setting('app.caller'::text, true) AS current_setting)))
 OFFSET 0))));


--
-- Name: idempotency_key owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.idempotency_key USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) = COALESCE((user_id)::text, 'nobody'::text))));


--
-- Name: job owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.job USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) =
CASE
    WHEN (kind <> 'mail'::text) THEN COALESCE((user_id)::text, 'nobody'::text)
    ELSE NULL::text
END)));


--
-- Name: journal owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.journal USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) = COALESCE((user_id)::text, 'nobody'::text))));


--
-- Name: message owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.message USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) = COALESCE((user_id)::text, 'nobody'::text))));


--
-- Name: session owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.session USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) = (user_id)::text)));


--
-- Name: users owner; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY owner ON public.users USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text) OR (( SELECT current_setting('app.caller'::text, true) AS current_setting) = (id)::text)));


--
-- Name: passage; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.passage ENABLE ROW LEVEL SECURITY;

--
-- Name: passage reader; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY reader ON public.passage FOR SELECT USING ((COALESCE((user_id)::text, ( SELECT NULLIF(current_setting('app.caller'::text, true), ''::text) AS "nullif")) = ( SELECT current_setting('app.caller'::text, true) AS current_setting)));


--
-- Name: document sample; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY sample ON public.document FOR DELETE USING ((is_sample AND (user_id IS NULL) AND (( SELECT current_setting('app.caller'::text, true) AS current_setting) <> ''::text)));


--
-- Name: magic_link service; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY service ON public.magic_link USING ((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text));


--
-- Name: passage service; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY service ON public.passage USING ((( SELECT current_setting('app.caller'::text, true) AS current_setting) = 'service'::text));


--
-- Name: session; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.session ENABLE ROW LEVEL SECURITY;

--
-- Name: document shared; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY shared ON public.document FOR SELECT USING (((user_id IS NULL) AND (( SELECT current_setting('app.caller'::text, true) AS current_setting) <> ''::text)));


--
-- Name: document_content shared; Type: POLICY; Schema: public; Owner: -
--

CREATE POLICY shared ON public.document_content FOR SELECT USING (((( SELECT current_setting('app.caller'::text, true) AS current_setting) <> ''::text) AND (EXISTS ( SELECT
   FROM public.document
  WHERE ((document.uuid = document_content.document_uuid) AND (document.user_id IS NULL))
 OFFSET 0))));


--
-- Name: users; Type: ROW SECURITY; Schema: public; Owner: -
--

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

--
-- PostgreSQL database dump complete
--

\unrestrict dbmate


--
-- Dbmate schema migrations
--

INSERT INTO public.schema_migrations (version) VALUES
    ('20261122000001'),
    ('20261122000002'),
    ('20261122000003'),
    ('20261122000004'),
    ('20261124000001'),
    ('20261124000002'),
    ('20261124000003'),
    ('20261125000001'),
    ('20261125000002'),
    ('20261126000001'),
    ('20261126000002'),
    ('20261126000003'),
    ('20261126000004'),
    ('20261126000005'),
    ('20261126000006'),
    ('20261126000007'),
    ('20261126000008'),
    ('20261126000009'),
    ('20261126000010'),
    ('20261126000011'),
    ('20261126000012'),
    ('20261126000013'),
    ('20261126000014'),
    ('20261126000015'),
    ('20261126000020'),
    ('20261127000064'),
    ('20261127000070');
