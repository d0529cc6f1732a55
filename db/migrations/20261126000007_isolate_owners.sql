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
    -- From 16 on, whoever makes a role is its member, and may not take it before this.
    IF NOT pg_has_role(
        current_user,
        'brag_app',
        CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END
    ) THEN
        EXECUTE format('GRANT brag_app TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'Have an operator run: GRANT brag_app TO %;', current_user;
END
$$;
GRANT USAGE ON SCHEMA public TO brag_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO brag_app;
REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM brag_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO brag_app;

-- Each statement says whose it is, in app.caller: service, nobody or the id of a user. What says
-- nothing sees nothing. Within a sub-select that is looked at once for each statement, not for each
-- row; as one comparison of texts it costs a third of three comparisons in functions.
ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON users
USING ((SELECT current_setting('app.caller', true)) IN ('service', CAST(id AS text)));

ALTER TABLE magic_link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON magic_link
USING ((SELECT current_setting('app.caller', true)) = 'service');

ALTER TABLE session ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON session
USING ((SELECT current_setting('app.caller', true)) IN ('service', CAST(user_id AS text)));

ALTER TABLE api_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON api_key
USING ((SELECT current_setting('app.caller', true)) IN ('service', CAST(user_id AS text)));

ALTER TABLE message ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON message
USING (
    (SELECT current_setting('app.caller', true))
    IN ('service', coalesce(CAST(user_id AS text), 'nobody'))
);

-- A document without an owner is shared: users read it, and leave it as it is.
ALTER TABLE document ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON document
USING (
    (SELECT current_setting('app.caller', true))
    IN ('service', coalesce(CAST(user_id AS text), 'nobody'))
);
CREATE POLICY shared ON document FOR SELECT
USING (user_id IS NULL AND (SELECT current_setting('app.caller', true)) <> '');

-- Only the service writes passages.
ALTER TABLE passage ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY service ON passage
USING ((SELECT current_setting('app.caller', true)) = 'service');
CREATE POLICY reader ON passage FOR SELECT
USING (
    coalesce(CAST(user_id AS text), (SELECT nullif(current_setting('app.caller', true), '')))
    = (SELECT current_setting('app.caller', true))
);

-- A job is that of the caller who makes it; one of nobody's may be the service's own, and a mail
-- always is.
ALTER TABLE job ALTER COLUMN user_id
SET DEFAULT CAST(substring(current_setting('app.caller', true) FROM '^[0-9]+$') AS bigint);
ALTER TABLE job ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON job
USING (
    (SELECT current_setting('app.caller', true))
    IN ('service', CASE WHEN kind <> 'mail' THEN coalesce(CAST(user_id AS text), 'nobody') END)
);

ALTER TABLE job_content ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
-- OFFSET 0: Postgres looks the one job up, where it might read them all.
CREATE POLICY job ON job_content
USING (
    (SELECT current_setting('app.caller', true)) = 'service'
    OR EXISTS (SELECT FROM job WHERE job.id = job_content.job_id OFFSET 0)
);

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
