-- migrate:up
CREATE TABLE work_content (
    work_id bigint NOT NULL REFERENCES work (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    piece bytea NOT NULL,
    PRIMARY KEY (work_id, ordinal)
);

COMMENT ON TABLE work_content IS 'The uploaded bytes, until they are ingested: in pieces, since a driver that takes 20 MB at once stops the process for a fifth of a second, and needs four times as much memory.';
COMMENT ON COLUMN work_content.ordinal IS 'From 0 on, without a gap.';

-- Compressing what is deleted soon takes longer than writing it.
ALTER TABLE work_content ALTER COLUMN piece SET STORAGE EXTERNAL;

INSERT INTO work_content (work_id, ordinal, piece)
SELECT id, 0, content FROM work WHERE content IS NOT NULL;

ALTER TABLE work DROP COLUMN content;

-- migrate:down
ALTER TABLE work ADD COLUMN content bytea;
COMMENT ON COLUMN work.content IS 'The uploaded bytes, until they are ingested.';

UPDATE work
SET content = whole.content
FROM (
    SELECT work_id, string_agg(piece, ''::bytea ORDER BY ordinal) AS content
    FROM work_content
    GROUP BY work_id
) AS whole
WHERE work.id = whole.work_id;

DROP TABLE work_content;
