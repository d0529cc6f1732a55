// What an answer rests on, and the way from a citation to it.
import { documentAddress } from "./api.js";
import { element } from "./dom.js";

/**
 * @typedef {{document_uuid: string, title: string, ordinal: number, page: number | null,
 *   headings: string[], text: string}} Source
 */

/**
 * @param {Source[]} sources
 * @param {number} number As it stands in the answer, from 1 on.
 * @returns {HTMLAnchorElement | null} The citation; null where there is no such source.
 */
export function citation(sources, number) {
  const source = sources[number - 1];
  if (!source) return null;
  const label = `Source ${number}: ${source.title}`;
  return anchor(source, { className: "citation", "aria-label": label, title: label }, String(number));
}

/**
 * @param {Source[]} sources
 * @returns {HTMLElement} The list of the sources, in the order of their numbers.
 */
export function sourceList(sources) {
  const heading = element("h3", { className: "sources-heading" }, "Sources");
  const items = sources.map((source) =>
    element("li", {}, anchor(source, { dir: "auto" }, source.title), place(source), excerpt(source)),
  );
  return element("section", { className: "sources" }, heading, element("ol", {}, ...items));
}

/**
 * @param {Pick<Source, "headings" | "page">} source
 * @returns {string} Where in its document a passage stands.
 */
export function placeOf({ headings, page }) {
  const parts = page === null ? headings : [...headings, `page ${page}`];
  return parts.join(" › ");
}

/** @param {Source} source */
function place({ title, headings, page }) {
  const below = headings[0] === title ? headings.slice(1) : headings;
  return element("span", { className: "muted place", dir: "auto" }, placeOf({ headings: below, page }));
}

/** @param {Source} source */
function excerpt({ text }) {
  return element("span", { className: "excerpt", dir: "auto" }, withoutMarks(text).slice(0, 300));
}

/** Without the marks of Markdown's headings and tables. @param {string} text */
function withoutMarks(text) {
  return text
    .replace(/^#{1,6} /gm, "")
    .replace(/^\|[ :|-]*\|$/gm, "")
    .replace(/^\| | \|$/gm, "")
    .replaceAll(" | ", " · ");
}

/** In a tab of its own, so that the chat goes on. @param {Source} source @param {object} properties @param {string} text */
function anchor({ document_uuid: uuid, ordinal }, properties, text) {
  return element("a", { href: documentAddress(uuid, ordinal), target: "_blank", ...properties }, text);
}
