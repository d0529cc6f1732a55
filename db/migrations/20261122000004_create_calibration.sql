-- migrate:up
CREATE TABLE calibration (
    embedding_model text PRIMARY KEY,
    threshold double precision NOT NULL CHECK (threshold BETWEEN -1 AND 1.5),
    false_answers double precision NOT NULL,
    false_refusals double precision NOT NULL,
    answerable integer NOT NULL,
    unanswerable integer NOT NULL,
    calibrated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE calibration IS 'How much must speak for a passage for it to be relevant, as measured on labelled questions.';
COMMENT ON COLUMN calibration.embedding_model IS 'A threshold means nothing to another model.';
COMMENT ON COLUMN calibration.threshold IS 'The cosine plus half the share of the question''s words, from which a passage counts as relevant.';
COMMENT ON COLUMN calibration.false_answers IS 'The share of unanswerable questions that it lets through, cross-validated.';
COMMENT ON COLUMN calibration.false_refusals IS 'The share of answerable questions that it refuses, cross-validated.';
COMMENT ON COLUMN calibration.answerable IS 'How many questions of this kind it was measured on.';
COMMENT ON COLUMN calibration.unanswerable IS 'Likewise.';

-- migrate:down
DROP TABLE calibration;
