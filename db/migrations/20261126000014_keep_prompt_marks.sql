-- migrate:up
ALTER TABLE message ADD COLUMN prompt_mark text;

COMMENT ON COLUMN message.prompt_mark IS 'Of an answer from passages: what their fences in the prompt carried, so that it can be made again.';
COMMENT ON COLUMN message.sources IS 'The passages that were put into the prompt, in prompt order, as they were then, each with the header of its table.';

-- migrate:down
ALTER TABLE message DROP COLUMN prompt_mark;

COMMENT ON COLUMN message.sources IS 'The passages that were put into the prompt, in prompt order, as they were then.';
