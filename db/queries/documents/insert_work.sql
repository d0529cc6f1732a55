-- :name insert_work :scalar
-- :doc Puts work on the table; returns its id
INSERT INTO work (kind, document_uuid)
VALUES (:kind, :document_uuid)
RETURNING id
