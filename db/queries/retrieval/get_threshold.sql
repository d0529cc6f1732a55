-- :name get_threshold :one
-- :doc The relevance threshold that was calibrated for an embedding model, if any was
SELECT threshold, evidence_version
FROM calibration
WHERE embedding_model = :embedding_model
