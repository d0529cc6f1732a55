-- :name upsert_calibration :affected
-- :doc Stores the calibration of an embedding model in place of its last one
INSERT INTO calibration (
    embedding_model, evidence_version, threshold, false_answers, false_refusals, answerable,
    unanswerable
)
VALUES (
    :embedding_model, :evidence_version, :threshold, :false_answers, :false_refusals, :answerable,
    :unanswerable
)
ON CONFLICT (embedding_model) DO UPDATE
SET
    evidence_version = excluded.evidence_version,
    threshold = excluded.threshold,
    false_answers = excluded.false_answers,
    false_refusals = excluded.false_refusals,
    answerable = excluded.answerable,
    unanswerable = excluded.unanswerable,
    calibrated_at = clock_timestamp()
