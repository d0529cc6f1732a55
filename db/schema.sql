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

COMMENT ON COLUMN public.document.sha256 IS 'Of the original bytes, in hexadecimal: the same bytes are not ingested twice.';


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
    text text NOT NULL
);


--
-- Name: TABLE passage; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.passage IS 'A piece of a document small enough to embed; its vectors live in Qdrant under the same uuid.';


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
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);


--
-- Name: work; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.work (
    id bigint NOT NULL,
    kind text NOT NULL,
    document_uuid uuid NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    run_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease uuid,
    faults integer DEFAULT 0 NOT NULL,
    CONSTRAINT work_kind_check CHECK ((kind = ANY (ARRAY['ingest'::text, 'index'::text, 'purge'::text, 'sweep'::text])))
);


--
-- Name: TABLE work; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.work IS 'What is to be done to the index; a row goes when it is done.';


--
-- Name: COLUMN work.kind; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.work.kind IS 'ingest: content to passages and points; index: passages to points; purge: points away; sweep: away with points that nothing in Postgres stands for.';


--
-- Name: COLUMN work.document_uuid; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.work.document_uuid IS 'No reference: a purge outlives its document. Of a sweep, which is about no single one, all zeros.';


--
-- Name: COLUMN work.attempts; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.work.attempts IS 'How often it was taken: each further one waits longer.';


--
-- Name: COLUMN work.run_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.work.run_at IS 'Not before; a worker that has taken it keeps moving this ahead, and one that died stops.';


--
-- Name: COLUMN work.lease; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.work.lease IS 'Drawn by the worker that took it: who has lost it may write nothing any more.';


--
-- Name: COLUMN work.faults; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.work.faults IS 'How many of these ended in an internal error, after a few of which a document fails; neither an outage nor a restart is one.';


--
-- Name: work_content; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.work_content (
    work_id bigint NOT NULL,
    ordinal integer NOT NULL,
    piece bytea NOT NULL
);
ALTER TABLE ONLY public.work_content ALTER COLUMN piece SET STORAGE EXTERNAL;


--
-- Name: TABLE work_content; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.work_content IS 'The uploaded bytes, until they are ingested: in pieces, since a driver that takes 20 MB at once stops the process for a fifth of a second, and needs four times as much memory.';


--
-- Name: COLUMN work_content.ordinal; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.work_content.ordinal IS 'From 0 on, without a gap.';


--
-- Name: work_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.work ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.work_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
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
-- Name: work_content work_content_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.work_content
    ADD CONSTRAINT work_content_pkey PRIMARY KEY (work_id, ordinal);


--
-- Name: work work_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_pkey PRIMARY KEY (id);


--
-- Name: document_ready_source_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX document_ready_source_key ON public.document USING btree (user_id, md5(source)) NULLS NOT DISTINCT WHERE (status = 'ready'::text);


--
-- Name: document_sha256_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX document_sha256_key ON public.document USING btree (user_id, sha256) NULLS NOT DISTINCT WHERE (status <> 'failed'::text);


--
-- Name: document_source_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX document_source_idx ON public.document USING btree (md5(source));


--
-- Name: message_chat_uuid_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX message_chat_uuid_id_idx ON public.message USING btree (chat_uuid, id) WHERE (chat_uuid IS NOT NULL);


--
-- Name: message_generating_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX message_generating_idx ON public.message USING btree (created_at) WHERE (status = 'generating'::text);


--
-- Name: work_document_uuid_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX work_document_uuid_idx ON public.work USING btree (document_uuid);


--
-- Name: work_run_at_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX work_run_at_idx ON public.work USING btree (run_at);


--
-- Name: passage passage_document_uuid_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.passage
    ADD CONSTRAINT passage_document_uuid_fkey FOREIGN KEY (document_uuid) REFERENCES public.document(uuid) ON DELETE CASCADE;


--
-- Name: work_content work_content_work_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.work_content
    ADD CONSTRAINT work_content_work_id_fkey FOREIGN KEY (work_id) REFERENCES public.work(id) ON DELETE CASCADE;


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
    ('20261125000002');
