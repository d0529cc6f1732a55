// Server-sent events (the HTML standard, 9.2), as the API writes them: an id, an event and one line
// of data each.
const SILENCE_MS = 45_000; // pings come every 15 seconds

/** @typedef {{id: number, event: string, data: any}} StreamEvent */

/**
 * @param {Response} response
 * @returns {AsyncGenerator<StreamEvent>} Its events as they come; ends where it ends or is silent.
 */
export async function* readEvents(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const watch = setTimeout(() => reader.cancel(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(watch));
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        if (!block.startsWith(":")) yield parse(block);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {string} block */
function parse(block) {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
  return { id: Number(fields.id), event: fields.event, data: JSON.parse(fields.data) };
}
