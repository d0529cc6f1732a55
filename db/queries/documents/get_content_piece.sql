-- :name get_content_piece :scalar
-- :doc A piece of the uploaded bytes of an ingestion; nothing after the last one
SELECT piece
FROM work_content
WHERE work_id = :work_id AND ordinal = :ordinal
