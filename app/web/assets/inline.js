// What stands within a line of Markdown: emphasis, code, links, citations.
import { element } from "./dom.js";

const MAX_DEPTH = 6;
const ESCAPED = /\\([!-/:-@[-`{-~])/y;
const LINK = /!?\[([^[\]\n]{0,500})\]\(([^\s()<>]{1,2000})\)/y;
const ADDRESS = /https?:\/\/[^\s<>"'`()[\]]{1,2000}/y;
const CITATION = /\[(\d{1,3}(?:, ?\d{1,3}){0,19})\]/y;
const PLAIN = /[^\\`*_~[!h]+/y;
const EMPHASIS = /** @type {const} */ ([["**", "strong"], ["__", "strong"], ["~~", "s"], ["*", "em"], ["_", "em"]]);

/**
 * @callback Cite
 * @param {number} number
 * @returns {Node | null} The citation; null where there is no such source.
 */

/**
 * @param {string} text
 * @param {Cite} cite
 * @param {number} [depth]
 * @returns {(Node | string)[]}
 */
export function inline(text, cite, depth = 0) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  const absent = new Set(); // marks that do not close from here on: nobody looks twice
  let place = 0;
  while (place < text.length) {
    const found =
      plain(text, place) ??
      code(text, place, absent) ??
      link(text, place) ??
      citation(text, place, cite) ??
      emphasis(text, place, cite, depth, absent);
    for (const node of found ? found.nodes : [text[place]]) add(nodes, node);
    place += found ? found.length : 1;
  }
  return nodes;
}

/** Texts that follow each other are one. @param {(Node | string)[]} nodes @param {Node | string} node */
function add(nodes, node) {
  const last = nodes[nodes.length - 1];
  if (typeof node === "string" && typeof last === "string") nodes[nodes.length - 1] = last + node;
  else nodes.push(node);
}

/** @param {RegExp} pattern @param {string} text @param {number} place */
function matchAt(pattern, text, place) {
  pattern.lastIndex = place;
  return pattern.exec(text);
}

/** @param {string} text @param {number} place */
function plain(text, place) {
  const escaped = matchAt(ESCAPED, text, place);
  if (escaped) return { nodes: [escaped[1]], length: 2 };
  const match = matchAt(PLAIN, text, place);
  return match && { nodes: [match[0]], length: match[0].length };
}

/** @param {string} text @param {number} place @param {Set<string>} absent */
function code(text, place, absent) {
  const [fence] = matchAt(/`*/y, text, place) ?? [""];
  if (!fence) return null;
  const start = place + fence.length;
  for (let end = absent.has(fence) ? -1 : text.indexOf(fence, start); end >= 0; ) {
    const [run] = matchAt(/`*/y, text, end) ?? [""];
    if (run.length === fence.length) {
      const inside = text.slice(start, end).replace(/^ (.+) $/s, "$1");
      return { nodes: [element("code", {}, inside)], length: end + fence.length - place };
    }
    end = text.indexOf(fence, end + run.length);
  }
  absent.add(fence);
  return { nodes: [fence], length: fence.length };
}

/** People see where a link leads: its address stands in the text. @param {string} text @param {number} place */
function link(text, place) {
  const match = matchAt(LINK, text, place);
  if (match) {
    const anchor = linkTo(match[2]) ?? match[2];
    const shown = match[1] && match[1] !== match[2] ? [`${match[1]} (`, anchor, ")"] : [anchor];
    return { nodes: shown, length: match[0].length };
  }
  const bare = matchAt(ADDRESS, text, place);
  if (!bare) return null;
  const url = bare[0].replace(/[.,;:!?*_~]{1,20}$/, "");
  return { nodes: [linkTo(url) ?? url], length: url.length };
}

/** @param {string} url @returns {HTMLAnchorElement | null} */
function linkTo(url) {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  if (parsed.username || parsed.password) return null; // reads like another host
  return element("a", { href: parsed.href, rel: "noreferrer", target: "_blank" }, parsed.href);
}

/** @param {string} text @param {number} place @param {Cite} cite */
function citation(text, place, cite) {
  const match = matchAt(CITATION, text, place);
  const cited = match ? match[1].split(",").map((number) => cite(Number(number))) : [];
  if (!match || !cited.every((node) => node !== null)) return null;
  return { nodes: /** @type {Node[]} */ (cited), length: match[0].length };
}

/**
 * @param {string} text @param {number} place @param {Cite} cite @param {number} depth
 * @param {Set<string>} absent
 */
function emphasis(text, place, cite, depth, absent) {
  const kind = EMPHASIS.find(([mark]) => text.startsWith(mark, place));
  if (!kind) return null;
  const [mark, tag] = kind;
  const start = place + mark.length;
  const end = depth < MAX_DEPTH && opens(text, place, start) ? closing(text, mark, start, absent) : -1;
  if (end < 0) return { nodes: [mark], length: mark.length };
  const inside = inline(text.slice(start, end), cite, depth + 1);
  return { nodes: [element(tag, {}, ...inside)], length: end + mark.length - place };
}

/** Not within a word, as in snake_case. @param {string} text @param {number} place @param {number} start */
function opens(text, place, start) {
  return /\S/.test(text[start] ?? " ") && !/[\p{L}\p{N}]/u.test(text[place - 1] ?? " ");
}

/** @param {string} text @param {string} mark @param {number} start @param {Set<string>} absent */
function closing(text, mark, start, absent) {
  let end = absent.has(mark) ? -1 : text.indexOf(mark, start + 1);
  while (end >= 0 && (/\s/.test(text[end - 1]) || isPartOfLonger(text, mark, end))) {
    end = text.indexOf(mark, end + mark.length + (isPartOfLonger(text, mark, end) ? 1 : 0));
  }
  if (end < 0) absent.add(mark);
  return end;
}

/** Whether a single mark is the first of two. @param {string} text @param {string} mark @param {number} end */
function isPartOfLonger(text, mark, end) {
  return mark.length === 1 && text[end + 1] === mark;
}
