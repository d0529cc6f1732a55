-- migrate:up
ALTER TABLE work ADD COLUMN faults integer NOT NULL DEFAULT 0;

COMMENT ON COLUMN work.attempts IS 'How often it was taken: each further one waits longer.';
COMMENT ON COLUMN work.faults IS 'How many of these ended in an internal error, after a few of which a document fails; neither an outage nor a restart is one.';
COMMENT ON COLUMN document.source IS 'Where it came from: a path or an address; of each owner one document is ready for it, beside which a newer version may be on its way.';
COMMENT ON COLUMN message.finish_reason IS 'As the upstream model gave it; ours are cancelled and abandoned.';

-- migrate:down
ALTER TABLE work DROP COLUMN faults;

COMMENT ON COLUMN work.attempts IS NULL;
COMMENT ON COLUMN document.source IS 'Where it came from: a path or an address; one document for each owner and source.';
COMMENT ON COLUMN message.finish_reason IS 'As the upstream model gave it.';
