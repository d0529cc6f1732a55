"""What tests do to the work table, as another worker or an operator would."""

# Another worker takes the work as soon as a document has come so far.
STEAL = """
CREATE FUNCTION steal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE work SET lease = gen_random_uuid(), run_at = now() + interval '1 hour'
    WHERE document_uuid = NEW.uuid;
    RETURN NEW;
END $$;
CREATE TRIGGER steal AFTER UPDATE ON document FOR EACH ROW
WHEN (NEW.status = 'processing' AND NEW.passages_done >= {done})
EXECUTE FUNCTION steal()
"""
INDEX_LATER = """
INSERT INTO work (kind, document_uuid, run_at) VALUES ('index', %s, now() + interval '1 hour')
"""
# Every time that work is taken leaves a row.
RECORD = """
CREATE TABLE taken (work_id bigint);
CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO taken VALUES (NEW.id);
    RETURN NEW;
END $$;
CREATE TRIGGER record AFTER UPDATE OF attempts ON work FOR EACH ROW EXECUTE FUNCTION record()
"""
