-- migrate:up
-- The role of every connection of the application: it owns nothing, so the policies bind it, also
-- where DATABASE_URL names a superuser. Roles belong to the whole server, so it may be there already.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'brag_app') THEN
        CREATE ROLE brag_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- by another database of this server
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'Have an operator run: CREATE ROLE brag_app NOLOGIN; GRANT brag_app TO %;', current_user;
END
$$;
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'brag_app', 'MEMBER') THEN
        EXECUTE format('GRANT brag_app TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'Have an operator run: GRANT brag_app TO %;', current_user;
END
$$;
GRANT USAGE ON SCHEMA public TO brag_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO brag_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO brag_app;

-- Each statement says whose it is. What says nothing sees nothing.
CREATE FUNCTION caller() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_setting('app.caller', true);
CREATE FUNCTION caller_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN current_setting('app.caller', true) ~ '^[0-9]+$' THEN CAST(current_setting('app.caller', true) AS bigint) END;

COMMENT ON FUNCTION caller() IS 'service, nobody or the id of a user; null or empty: not said.';
COMMENT ON FUNCTION caller_id() IS 'The id of the user, where the caller is one.';

-- Within sub-selects they are evaluated once for each statement, not for each row.
ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON users
USING ((SELECT caller()) = 'service' OR id = (SELECT caller_id()));

ALTER TABLE magic_link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON magic_link
USING ((SELECT caller()) = 'service');

ALTER TABLE session ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON session
USING ((SELECT caller()) = 'service' OR user_id = (SELECT caller_id()));

ALTER TABLE api_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON api_key
USING ((SELECT caller()) = 'service' OR user_id = (SELECT caller_id()));

ALTER TABLE message ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON message
USING (
    (SELECT caller()) = 'service'
    OR user_id = (SELECT caller_id())
    OR (user_id IS NULL AND (SELECT caller()) = 'nobody')
);

-- A document without an owner is shared: users read it, and leave it as it is.
ALTER TABLE document ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON document
USING (
    (SELECT caller()) = 'service'
    OR user_id = (SELECT caller_id())
    OR (user_id IS NULL AND (SELECT caller()) = 'nobody')
);
CREATE POLICY shared ON document FOR SELECT
USING (user_id IS NULL AND (SELECT caller_id()) IS NOT NULL);

-- A passage is its document's. Only the service writes passages.
ALTER TABLE passage ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON passage
USING ((SELECT caller()) = 'service');
CREATE POLICY reader ON passage FOR SELECT
USING (EXISTS (SELECT FROM document WHERE document.uuid = passage.document_uuid));

ALTER TABLE job ALTER COLUMN user_id SET DEFAULT caller_id();
ALTER TABLE job ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON job
USING (
    (SELECT caller()) = 'service'
    OR user_id = (SELECT caller_id())
    OR (user_id IS NULL AND (SELECT caller()) = 'nobody')
);

ALTER TABLE job_content ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY job ON job_content
USING (EXISTS (SELECT FROM job WHERE job.id = job_content.job_id));

-- migrate:down
DROP POLICY job ON job_content;
ALTER TABLE job_content NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY owner ON job;
ALTER TABLE job NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE job ALTER COLUMN user_id DROP DEFAULT;
DROP POLICY reader ON passage;
DROP POLICY service ON passage;
ALTER TABLE passage NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY shared ON document;
DROP POLICY owner ON document;
ALTER TABLE document NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY owner ON message;
ALTER TABLE message NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY owner ON api_key;
ALTER TABLE api_key NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY owner ON session;
ALTER TABLE session NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY service ON magic_link;
ALTER TABLE magic_link NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY owner ON users;
ALTER TABLE users NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP FUNCTION caller_id();
DROP FUNCTION caller();

ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM brag_app;
REVOKE SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public FROM brag_app;
REVOKE USAGE ON SCHEMA public FROM brag_app;
DO $$
BEGIN
    DROP ROLE brag_app;
EXCEPTION
    WHEN dependent_objects_still_exist OR insufficient_privilege THEN NULL; -- others use it
END
$$;
