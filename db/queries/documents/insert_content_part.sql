-- :name insert_content_part :affected
-- :doc Keeps a part of the bytes or of the text of a document
INSERT INTO document_content (document_uuid, kind, ordinal, part)
VALUES (:document_uuid, :kind, :ordinal, :part)
