-- migrate:up
-- Thresholds from before pairs of words counted mean nothing any more.
DELETE FROM calibration;
ALTER TABLE calibration
    DROP CONSTRAINT calibration_threshold_check,
    ADD CONSTRAINT calibration_threshold_check CHECK (threshold BETWEEN -1 AND 1.8);

COMMENT ON COLUMN calibration.threshold IS 'The cosine plus half the share of the question''s words and 0.3 of that of its pairs of words, from which a passage counts as relevant.';

-- migrate:down
DELETE FROM calibration;
ALTER TABLE calibration
    DROP CONSTRAINT calibration_threshold_check,
    ADD CONSTRAINT calibration_threshold_check CHECK (threshold BETWEEN -1 AND 1.5);

COMMENT ON COLUMN calibration.threshold IS 'The cosine plus half the share of the question''s words, from which a passage counts as relevant.';
