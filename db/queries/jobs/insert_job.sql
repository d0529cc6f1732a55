-- :name insert_job :scalar
-- :doc Inserts a job that is due at once; returns its id
INSERT INTO job (kind, document_uuid, bytes)
VALUES (:kind, :document_uuid, :bytes)
RETURNING id
