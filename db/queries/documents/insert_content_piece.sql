-- :name insert_content_piece :affected
-- :doc Keeps a piece of the uploaded bytes with their work
INSERT INTO work_content (work_id, ordinal, piece)
VALUES (:work_id, :ordinal, :piece)
