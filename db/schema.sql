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

COMMENT ON COLUMN public.calibration.threshold IS 'The cosine plus half the share of the question''s words and 0.3 of that of its pairs of words, from which a passage counts as relevant.';


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
    CONSTRAINT document_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'ready'::text, 'failed'::text])))
);


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

COMMENT ON COLUMN public.document.source IS 'Where it came from: a path or an address; of each owner one document is ready for it, beside which a newer version may be on its way.';


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

COMMENT ON COLUMN public.document.error IS 'Why it failed, as a sentence for its owner.';


--
-- Name: COLUMN document.passages_done; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.document.passages_done IS 'How many passages are written, from the first on: where a broken off ingestion goes on.';


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
-- Name: index_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.index_version (
    collection text NOT NULL,
    version integer NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: TABLE index_version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.index_version IS 'By which version of the code the index of a collection was written.';


--
-- Name: COLUMN index_version.collection; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.index_version.collection IS 'QDRANT_COLLECTION_NAME.';


--
-- Name: COLUMN index_version.version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.index_version.version IS 'INDEX_VERSION of the newest code that has started on it, which queued the reindexing of what was older.';


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
    CONSTRAINT job_kind_check CHECK ((kind = ANY (ARRAY['ingest'::text, 'index'::text, 'purge'::text, 'sweep'::text])))
);


--
-- Name: TABLE job; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.job IS 'What is to be done besides requests; a row goes when it is done.';


--
-- Name: COLUMN job.kind; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.kind IS 'ingest: content to passages and points; index: passages to points; purge: points away; sweep: away with points that nothing in Postgres stands for.';


--
-- Name: COLUMN job.document_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job.document_uuid IS 'No reference: a purge outlives its document. Of a sweep, which is about no single one, all zeros.';


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
-- Name: job_content; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_content (
    job_id bigint NOT NULL,
    ordinal integer NOT NULL,
    part bytea NOT NULL
);
ALTER TABLE ONLY public.job_content ALTER COLUMN part SET STORAGE EXTERNAL;


--
-- Name: TABLE job_content; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.job_content IS 'The uploaded bytes, until they are ingested: in parts, since a driver that takes 20 MB at once stops the process for a fifth of a second, and needs four times as much memory.';


--
-- Name: COLUMN job_content.ordinal; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.job_content.ordinal IS 'From 0 on, without a gap.';


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
    CONSTRAINT message_role_check CHECK ((role = ANY (ARRAY['user'::text, 'system'::text, 'assistant'::text]))),
    CONSTRAINT message_status_check CHECK ((status = ANY (ARRAY['generating'::text, 'complete'::text, 'partial'::text, 'failed'::text])))
);


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

COMMENT ON COLUMN public.message.sources IS 'The passages that were put into the prompt, in prompt order, as they were then.';


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
    page integer
);


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
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);


--
-- Name: calibration calibration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.calibration
    ADD CONSTRAINT calibration_pkey PRIMARY KEY (embedding_model);


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
-- Name: index_version index_version_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.index_version
    ADD CONSTRAINT index_version_pkey PRIMARY KEY (collection);


--
-- Name: job_content job_content_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_content
    ADD CONSTRAINT job_content_pkey PRIMARY KEY (job_id, ordinal);


--
-- Name: job job_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);


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
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);


--
-- Name: document_ready_source_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX document_ready_source_key ON public.document USING btree (user_id, md5(source)) NULLS NOT DISTINCT WHERE (status = 'ready'::text);


--
-- Name: document_source_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX document_source_idx ON public.document USING btree (md5(source));


--
-- Name: document_version_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX document_version_key ON public.document USING btree (user_id, md5(source), sha256) NULLS NOT DISTINCT WHERE (status <> 'failed'::text);


--
-- Name: job_document_uuid_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_document_uuid_idx ON public.job USING btree (document_uuid);


--
-- Name: job_run_at_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX job_run_at_idx ON public.job USING btree (run_at);


--
-- Name: message_chat_uuid_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX message_chat_uuid_id_idx ON public.message USING btree (chat_uuid, id) WHERE (chat_uuid IS NOT NULL);


--
-- Name: message_generating_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX message_generating_idx ON public.message USING btree (created_at) WHERE (status = 'generating'::text);


--
-- Name: job_content job_content_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_content
    ADD CONSTRAINT job_content_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.job(id) ON DELETE CASCADE;


--
-- Name: passage passage_document_uuid_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.passage
    ADD CONSTRAINT passage_document_uuid_fkey FOREIGN KEY (document_uuid) REFERENCES public.document(uuid) ON DELETE CASCADE;


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
    ('20261126000004');
