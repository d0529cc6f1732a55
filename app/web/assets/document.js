// A document as the service reads it, with the passage that the fragment names highlighted.
import { sentenceOf } from "./answer.js";
import { Problem, address, call, send } from "./api.js";
import { byId, counted, element } from "./dom.js";
import "./session.js";
import { placeOf } from "./sources.js";

const BLOCK_CHARS = 4000; // what a browser lays out at a time: a text may have millions
const uuid = decodeURIComponent(location.pathname.split("/").pop() ?? "");
const path = `v1/documents/${encodeURIComponent(uuid)}`;

async function open() {
  try {
    const found = await call("GET", path);
    byId("title").textContent = found.title;
    document.title = `${found.title} · bRAG`;
    byId("about").textContent = [found.source, counted(found.passages_total ?? 0, "passage")].join(" · ");
    byId("file").href = address(`${path}/file`);
    byId("file").hidden = false;
    const text = send("GET", `${path}/text`).then(decode);
    window.addEventListener("hashchange", () => showPassage(text).catch(fail));
    await showPassage(text);
  } catch (error) {
    fail(error);
  }
}

/** With a byte order mark, should the text begin with one: offsets count it. @param {Response} response */
async function decode(response) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await response.arrayBuffer());
}

/** @param {Promise<string>} text */
async function showPassage(text) {
  const ordinal = new URLSearchParams(location.hash.slice(1)).get("passage");
  const asked = ordinal === null ? null : call("GET", `${path}/passages/${encodeURIComponent(ordinal)}`);
  const [whole, passage] = await Promise.all([text, asked]);
  if (passage === null) return show([{ text: whole, isPassage: false }], "");
  const start = unitsOf(whole, passage.start, 0);
  const end = unitsOf(whole, passage.end - passage.start, start);
  const parts = [
    { text: whole.slice(0, start), isPassage: false },
    { text: whole.slice(start, end), isPassage: true },
    { text: whole.slice(end), isPassage: false },
  ];
  const place = placeOf(passage);
  show(parts, `The passage is highlighted${place ? `: ${place}` : ""}.`);
}

/**
 * Offsets of the API count characters; JavaScript counts halves of some of them.
 * @param {string} whole @param {number} characters @param {number} from
 */
function unitsOf(whole, characters, from) {
  let place = from;
  for (let left = characters; left > 0; left -= 1) {
    place += (whole.codePointAt(place) ?? 0) > 0xffff ? 2 : 1;
  }
  return place;
}

/** @param {{text: string, isPassage: boolean}[]} parts @param {string} sentence */
function show(parts, sentence) {
  const nodes = parts.map((part) => (part.isPassage ? passageOf(part.text) : blocksOf(part.text)));
  byId("text").replaceChildren(...nodes.flat());
  byId("problem").hidden = true;
  byId("told").textContent = sentence;
  const mark = document.querySelector("mark");
  mark?.scrollIntoView({ block: "start" });
  mark?.focus({ preventScroll: true });
}

/** @param {string} passage */
function passageOf(passage) {
  return [element("mark", { tabIndex: -1, "aria-label": "Passage", role: "region" }, passage)];
}

/** Cut where lines end. @param {string} rest */
function blocksOf(rest) {
  const blocks = [];
  for (let start = 0; start < rest.length; ) {
    const lineEnd = rest.indexOf("\n", start + BLOCK_CHARS);
    const end = lineEnd < 0 ? rest.length : lineEnd + 1;
    blocks.push(element("span", { className: "block" }, rest.slice(start, end)));
    start = end;
  }
  return blocks;
}

/** @param {unknown} error */
function fail(error) {
  const problem = byId("problem");
  problem.textContent = sentenceOf(error);
  if (error instanceof Problem && error.status === 401) {
    problem.append(" ", element("a", { href: address("") }, "Sign in"));
  }
  problem.hidden = false;
  byId("told").textContent = "";
}

open();
