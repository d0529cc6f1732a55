-- migrate:up
ALTER TABLE calibration ADD COLUMN evidence_version integer NOT NULL DEFAULT 1;
ALTER TABLE calibration ALTER COLUMN evidence_version DROP DEFAULT;

COMMENT ON COLUMN calibration.evidence_version IS 'Which way of judging it was measured with: a threshold means nothing to another.';
COMMENT ON COLUMN calibration.threshold IS 'The evidence from which a passage counts as relevant.';

-- migrate:down
-- Those of another version mean nothing to the code before.
DELETE FROM calibration WHERE evidence_version <> 1;
ALTER TABLE calibration DROP COLUMN evidence_version;

COMMENT ON COLUMN calibration.threshold IS 'The cosine plus half the share of the question''s words and 0.3 of that of its pairs of words, from which a passage counts as relevant.';
