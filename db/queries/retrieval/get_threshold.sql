-- :name get_threshold :scalar
-- :doc The relevance threshold that was calibrated for an embedding model, if any was
SELECT threshold
FROM calibration
WHERE embedding_model = :embedding_model
