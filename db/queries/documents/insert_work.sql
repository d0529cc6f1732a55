-- :name insert_work :affected
-- :doc Puts work on the table
INSERT INTO work (kind, document_uuid, content)
VALUES (:kind, :document_uuid, :content)
