-- :name insert_mail_job :affected
-- :doc Has a magic link mailed to an address: to a known one, or with :register to any
INSERT INTO job (kind, document_uuid, payload)
VALUES (
    'mail',
    :document_uuid,
    jsonb_build_object('email', CAST(:email AS text), 'register', CAST(:register AS boolean))
)
