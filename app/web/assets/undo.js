// Deleting cannot be taken back at the API, so it waits here until it can be taken back no more.
import { byId, say } from "./dom.js";

const WAIT_MS = 20_000;

/** @type {{act: () => Promise<unknown>, undo: () => void, timer: number} | null} */
let waiting = null;

/**
 * @param {string} sentence
 * @param {{act: () => Promise<unknown>, undo: () => void}} ways `act` deletes: after a while, or at once where
 *   the person leaves or deletes something else.
 */
export function offerUndo(sentence, { act, undo }) {
  finish();
  byId("undo-text").textContent = sentence;
  byId("undo").hidden = false;
  byId("undo-button").focus();
  say(sentence);
  waiting = { act, undo, timer: window.setTimeout(finish, WAIT_MS) };
}

/** Deletes now what waits to be deleted. @returns {Promise<unknown> | undefined} It ends with the deletion. */
export function finish() {
  return take()?.act();
}

function take() {
  const taken = waiting;
  if (taken) clearTimeout(taken.timer);
  byId("undo").hidden = true;
  waiting = null;
  return taken;
}

export function connectUndo() {
  byId("undo-button").onclick = () => take()?.undo();
  byId("undo-now").onclick = finish;
  window.addEventListener("pagehide", finish);
}
