// The documents: what is there, how far it is read, and taking it out.
import { documentAddress, pagesOf, send } from "./api.js";
import { sentenceOf } from "./answer.js";
import { byId, counted, element } from "./dom.js";
import { offerUndo } from "./undo.js";
import { upload } from "./uploads.js";

const PAGE = 50;
const LOOK_MS = 1500;
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/**
 * @typedef {{uuid: string, title: string, source: string, media_type: string, bytes: number,
 *   status: "pending" | "processing" | "ready" | "failed", error: string | null,
 *   passages_total: number | null, passages_done: number, updated_at: string}} Document
 */

export class DocumentList {
  constructor() {
    this.pages = 1;
    this.timer = 0;
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    /** @type {Document[]} */
    this.documents = [];
    /** @type {Set<string>} */
    this.leaving = new Set();
    byId("more-documents").onclick = () => {
      this.pages += 1;
      return this.load();
    };
    byId("files").onchange = () => {
      this.upload(byId("files").files);
      byId("files").value = "";
    };
  }

  /** @param {Iterable<File>} files */
  upload(files) {
    upload(files, () => this.load());
  }

  /** Loads the list, and again as long as any of it is being read. */
  async load() {
    clearTimeout(this.timer);
    try {
      const { items, hasMore } = await pagesOf("v1/documents", this.pages, PAGE);
      this.documents = items;
      byId("more-documents").hidden = !hasMore;
      byId("documents-problem").hidden = true;
      this.show();
    } catch (error) {
      this.tell(sentenceOf(error));
    }
    const isReading = this.documents.some(({ status }) => status === "pending" || status === "processing");
    clearTimeout(this.timer); // of a load that has begun meanwhile
    if (isReading) this.timer = window.setTimeout(() => this.load(), LOOK_MS);
  }

  show() {
    const shown = this.documents.filter(({ uuid }) => !this.leaving.has(uuid));
    byId("no-documents").hidden = shown.length > 0;
    const rows = shown.map((document) => this.row(document));
    for (const [uuid, row] of this.rows) {
      if (!rows.includes(row)) {
        row.remove();
        this.rows.delete(uuid);
      }
    }
    rows.forEach((row, place) => {
      const there = byId("documents").children[place];
      if (there !== row) byId("documents").insertBefore(row, there ?? null);
    });
  }

  /** The row of a document stays the same element, so that it keeps the focus. @param {Document} document */
  row(document) {
    const row = this.rows.get(document.uuid) ?? this.create(document);
    row.querySelector(".row-body")?.replaceWith(bodyOf(document));
    return row;
  }

  /** @param {Document} document */
  create(document) {
    const { uuid, title } = document;
    const label = { "aria-label": `Delete ${title}`, type: "button", className: "quiet" };
    const button = element("button", { ...label, onclick: () => this.remove(document) }, "Delete");
    const row = element("li", { className: "row" }, bodyOf(document), button);
    this.rows.set(uuid, row);
    return row;
  }

  /** @param {Document} document */
  remove({ uuid, title }) {
    this.leaving.add(uuid);
    this.show();
    const back = () => {
      this.leaving.delete(uuid);
      this.show();
      this.rows.get(uuid)?.querySelector("button")?.focus();
    };
    const act = () =>
      send("DELETE", `v1/documents/${uuid}`, { keepalive: true }).catch((error) => {
        back();
        this.tell(sentenceOf(error));
      });
    offerUndo(`“${title}” will be deleted.`, { act, undo: back });
  }

  /** @param {string} sentence */
  tell(sentence) {
    byId("documents-problem").textContent = sentence;
    byId("documents-problem").hidden = false;
  }
}

/** @param {Document} document */
function bodyOf(document) {
  const { uuid, title, status, error, passages_total: total, passages_done: done } = document;
  const link = { href: documentAddress(uuid), target: "_blank", className: "row-title", dir: "auto" };
  const heading = status === "ready" ? element("a", link, title) : element("p", { className: "row-title", dir: "auto" }, title);
  const facts = [stateOf(document), size(document.bytes), day(document.updated_at)];
  const parts = [heading, element("p", { className: "muted" }, facts.join(" · "))];
  if (status === "processing") {
    const known = total === null ? {} : { max: Math.max(1, total), value: done };
    parts.push(element("progress", { "aria-label": `Reading ${title}`, ...known }));
  }
  if (error) parts.push(element("p", { className: status === "failed" ? "problem" : "note" }, error));
  return element("div", { className: "row-body" }, ...parts);
}

/** @param {Document} document */
function stateOf({ status, passages_total: total, passages_done: done }) {
  if (status === "pending") return "Waiting to be read";
  if (status === "failed") return "Failed";
  if (status === "ready") return counted(total ?? done, "passage");
  return total === null ? "Being read" : `Being read: ${done} of ${counted(total, "passage")}`;
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1000) return counted(bytes, "byte"); // Intl says "42 byte"
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const options = { style: "unit", unit: UNITS[power], unitDisplay: "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat("en", /** @type {any} */ (options)).format(bytes / 1000 ** power);
}

/** @param {string} moment */
function day(moment) {
  return new Intl.DateTimeFormat("en", { dateStyle: "medium" }).format(new Date(moment));
}
