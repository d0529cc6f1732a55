// An answer as one stream of events, over as many connections as it takes.
import { Problem, send } from "./api.js";
import { readEvents } from "./events.js";

const LONGEST_WAIT_MS = 10_000;

/**
 * @param {string} uuid Of the answer.
 * @param {Response | null} response The stream that has begun; null: the answer is taken up again.
 * @param {(isLost: boolean) => void} onConnection Told when the connection is lost, and is back.
 * @returns {AsyncGenerator<import("./events.js").StreamEvent>}
 */
export async function* followAnswer(uuid, response, onConnection) {
  let lastId = 0;
  for (let failures = 0; ; failures += 1) {
    try {
      response ??= await resume(uuid, lastId);
      if (response.status === 204) return;
      onConnection(false);
      for await (const event of readEvents(response)) {
        [failures, lastId] = [0, event.id];
        yield event;
        if (event.event === "done" || event.event === "error") return;
      }
    } catch (error) {
      if (error instanceof Problem && !error.isTransient) throw error;
    }
    response = null;
    onConnection(true);
    await pause(Math.min(LONGEST_WAIT_MS, 250 * 2 ** failures));
  }
}

/**
 * @param {string} uuid
 * @param {number} lastId
 */
function resume(uuid, lastId) {
  const headers = lastId ? { "Last-Event-ID": String(lastId) } : undefined;
  return send("GET", `v1/messages/${uuid}/stream`, { headers });
}

/**
 * So long, or until the network is back.
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
function pause(milliseconds) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    window.addEventListener("online", end);
  });
}
