-- :name is_reindexing :scalar
-- :doc Whether documents are waiting to be indexed anew
SELECT EXISTS (SELECT FROM job WHERE kind = 'index')
