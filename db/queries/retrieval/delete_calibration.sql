-- :name delete_calibration :affected
-- :doc Undoes the calibration of an embedding model, if there is one
DELETE FROM calibration
WHERE embedding_model = :embedding_model
