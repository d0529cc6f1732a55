-- :name upsert_user :one
-- :doc The user of an address, who is made if there is none
INSERT INTO users (uuid, email)
VALUES (:uuid, :email)
ON CONFLICT (email) DO UPDATE SET email = excluded.email
RETURNING id, uuid, email, created_at
