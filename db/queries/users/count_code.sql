-- :name count_code :affected
-- :doc Counts a code that somebody types against every code of its address, right or wrong
UPDATE magic_link
SET typed_codes = typed_codes + 1
WHERE email = :email
