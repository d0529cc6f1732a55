-- :name finish_work :affected
-- :doc Takes work that is done off the table; nothing where somebody else has it now
DELETE FROM work
WHERE id = :id AND lease = :lease
