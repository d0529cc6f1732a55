-- :name delete_process :affected
-- :doc Says that a process has ended
DELETE FROM process WHERE uuid = :uuid
