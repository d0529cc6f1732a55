// The blocks of a small Markdown: where each begins and ends.
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:[ \t]+|$)/;
const DELIMITERS = /^[\s|:-]*-[\s|:-]*$/;

/**
 * @typedef {{kind: "paragraph" | "heading" | "rule" | "code" | "quote" | "table" | "list",
 *   lines: string[], level?: number}} Block
 */

/**
 * @param {string[]} lines
 * @returns {Block[]}
 */
export function blocksOf(lines) {
  /** @type {Block[]} */
  const blocks = [];
  for (let place = 0; place < lines.length; ) {
    if (lines[place].trim() === "") {
      place += 1;
      continue;
    }
    const block = blockAt(lines, place);
    blocks.push(block);
    place += block.lines.length;
  }
  return blocks;
}

/** @param {string[]} lines @param {number} place @returns {Block} */
function blockAt(lines, place) {
  const line = lines[place];
  const heading = HEADING.exec(line);
  if (heading) return { kind: "heading", lines: [line], level: heading[1].length };
  if (RULE.test(line)) return { kind: "rule", lines: [line] };
  if (FENCE.test(line)) return { kind: "code", lines: lines.slice(place, fenceEnd(lines, place)) };
  if (QUOTE.test(line)) return { kind: "quote", lines: take(lines, place, (next) => QUOTE.test(next)) };
  if (ITEM.test(line)) return { kind: "list", lines: lines.slice(place, listEnd(lines, place)) };
  if (isTable(lines, place)) return { kind: "table", lines: take(lines, place, (next) => next.includes("|")) };
  return { kind: "paragraph", lines: paragraph(lines, place) };
}

/** @param {string[]} lines @param {number} place @param {(line: string) => boolean} belongs */
function take(lines, place, belongs) {
  let end = place + 1;
  while (end < lines.length && belongs(lines[end])) end += 1;
  return lines.slice(place, end);
}

/** @param {string[]} lines @param {number} place */
function fenceEnd(lines, place) {
  const fence = /** @type {RegExpExecArray} */ (FENCE.exec(lines[place]))[1];
  for (let end = place + 1; end < lines.length; end += 1) {
    const line = lines[end].trim();
    if (line.startsWith(fence) && line.split(fence[0]).join("") === "") return end + 1;
  }
  return lines.length;
}

/** Until a line that is neither an item nor indented. @param {string[]} lines @param {number} place */
function listEnd(lines, place) {
  let end = place + 1;
  for (let next = end; next < lines.length; next += 1) {
    const line = lines[next];
    if (line.trim() === "") continue;
    const follows = ITEM.test(line) || /^(?: {2,}|\t)/.test(line);
    const isLazy = next === end && !begins(lines, next);
    if (!follows && !isLazy) break;
    end = next + 1;
  }
  return end;
}

/** @param {string[]} lines @param {number} place */
function paragraph(lines, place) {
  let end = place + 1;
  while (end < lines.length && lines[end].trim() !== "" && !begins(lines, end)) end += 1;
  return lines.slice(place, end);
}

/** Whether a block other than a paragraph begins here. @param {string[]} lines @param {number} place */
function begins(lines, place) {
  const line = lines[place];
  const pattern = [HEADING, RULE, FENCE, QUOTE, ITEM].find((pattern) => pattern.test(line));
  return pattern !== undefined || isTable(lines, place);
}

/** @param {string[]} lines @param {number} place */
function isTable(lines, place) {
  const next = lines[place + 1] ?? "";
  return lines[place].includes("|") && next.includes("|") && DELIMITERS.test(next);
}

/** @param {string} line */
export function headingText(line) {
  return HEADING.exec(line)?.[2] ?? line;
}

/** @param {string[]} lines @returns {string[]} */
export function unquoted(lines) {
  return lines.map((line) => line.replace(QUOTE, ""));
}

/** @param {string[]} lines @returns {string[]} The lines between the fences. */
export function codeLines(lines) {
  const last = lines[lines.length - 1].trim();
  const isClosed = lines.length > 1 && FENCE.test(last) && /^(`+|~+)$/.test(last);
  return lines.slice(1, isClosed ? -1 : undefined);
}

/**
 * @param {string[]} lines
 * @returns {{start: number | null, items: string[][]}} `start` is the first number, if there is one.
 */
export function itemsOf(lines) {
  /** @type {string[][]} */
  const items = [];
  let indent = 0;
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && (items.length === 0 || item[1].length < 2)) {
      indent = item[0].length;
      items.push([line.slice(indent)]);
    } else {
      const blanks = /** @type {RegExpExecArray} */ (/^ */.exec(line))[0].length;
      items[items.length - 1].push(line.slice(Math.min(indent, blanks)));
    }
  }
  const start = Number.parseInt(lines[0].trim(), 10);
  return { start: Number.isNaN(start) ? null : start, items };
}

/** @param {string} line @returns {string[]} The cells of a row of a table. */
export function cellsOf(line) {
  const inside = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inside.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}
