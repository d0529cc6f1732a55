-- :name count_wrong_code :affected
-- :doc Counts a wrong code against every code of its address
UPDATE magic_link
SET wrong_codes = wrong_codes + 1
WHERE email = :email
