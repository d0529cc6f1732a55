// Answers as people read them: a small Markdown, made of elements and text nodes alone.
import { blocksOf, cellsOf, codeLines, headingText, itemsOf, unquoted } from "./blocks.js";
import { element } from "./dom.js";
import { inline } from "./inline.js";

const MAX_DEPTH = 6;

/** @typedef {import("./inline.js").Cite} Cite */
/** @typedef {import("./blocks.js").Block} Block */

/** Shows a text that grows: a block that is the same as before stays as it is. */
export class MarkdownView {
  /** @param {HTMLElement} container @param {Cite} cite */
  constructor(container, cite) {
    this.container = container;
    this.cite = cite;
    /** @type {string[]} */
    this.shown = [];
  }

  /** @param {string} text */
  show(text) {
    const blocks = ranked(blocksOf(text.split("\n")));
    blocks.forEach((block, place) => {
      const key = [block.kind, block.level, ...block.lines].join("\n");
      if (key === this.shown[place]) return;
      const node = render(block, this.cite, 0);
      const old = this.container.children[place];
      if (old) old.replaceWith(node);
      else this.container.append(node);
      this.shown[place] = key;
    });
    while (this.container.children.length > blocks.length) this.container.lastChild?.remove();
    this.shown.length = blocks.length;
  }
}

/** Headings stand below that of the answer, and leave no level out. @param {Block[]} blocks */
function ranked(blocks) {
  let last = 2;
  return blocks.map((block) => {
    if (block.kind !== "heading") return block;
    last = Math.min(6, last + 1, (block.level ?? 1) + 2);
    return { ...block, level: last };
  });
}

/** @param {Block} block @param {Cite} cite @param {number} depth @returns {HTMLElement} */
function render({ kind, lines, level }, cite, depth) {
  if (depth > MAX_DEPTH) return element("p", {}, lines.join("\n"));
  switch (kind) {
    case "heading":
      return element(`h${level}`, {}, ...inline(headingText(lines[0]), cite));
    case "rule":
      return element("hr");
    case "code":
      return element("pre", { tabIndex: 0 }, element("code", {}, codeLines(lines).join("\n")));
    case "quote":
      return element("blockquote", {}, ...renderAll(unquoted(lines), cite, depth + 1));
    case "list":
      return list(lines, cite, depth);
    case "table":
      return table(lines, cite);
    default:
      return element("p", {}, ...inline(lines.map((line) => line.trim()).join("\n"), cite));
  }
}

/** @param {string[]} lines @param {Cite} cite @param {number} depth */
function renderAll(lines, cite, depth) {
  return ranked(blocksOf(lines)).map((block) => render(block, cite, depth));
}

/** @param {string[]} lines @param {Cite} cite @param {number} depth */
function list(lines, cite, depth) {
  const { start, items } = itemsOf(lines);
  const made = items.map((item) => {
    const nodes = renderAll(item, cite, depth + 1);
    const [first, ...rest] = nodes;
    const isTight = first?.tagName === "P"; // a paragraph within each item would stand apart
    return element("li", {}, ...(isTight ? [...first.childNodes, ...rest] : nodes));
  });
  return start === null ? element("ul", {}, ...made) : element("ol", { start }, ...made);
}

/** @param {string[]} lines @param {Cite} cite */
function table([header, , ...rows], cite) {
  const cells = (/** @type {string} */ line, /** @type {string} */ tag) =>
    element("tr", {}, ...cellsOf(line).map((cell) => element(tag, {}, ...inline(cell, cite))));
  const head = element("thead", {}, cells(header, "th"));
  const body = element("tbody", {}, ...rows.map((row) => cells(row, "td")));
  return element("div", { className: "table", tabIndex: 0 }, element("table", {}, head, body));
}
