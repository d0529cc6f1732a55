-- :name ping :scalar
-- :doc Answers when Postgres does
SELECT 1
