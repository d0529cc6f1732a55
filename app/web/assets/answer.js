// A question and its answer, as they are shown; the answer may still be on its way.
import { Problem, list } from "./api.js";
import { counted, element, say } from "./dom.js";
import { MarkdownView } from "./markdown.js";
import { citation, sourceList } from "./sources.js";

const LONGEST_SAID = 1000;
const STILL_READING = "Documents are still being read: ask again once they are.";
const UNREAD = ["pending", "processing"];
const ENDS = /** @type {Record<string, string>} */ ({
  cancelled: "Stopped.",
  length: "The answer ends here: it reached the longest length that is allowed.",
});

export class AnswerView {
  /** @param {string | null} question Null where it is not among the messages that are shown. */
  constructor(question) {
    /** @type {import("./sources.js").Source[]} */
    this.sources = [];
    /** @type {string | null} */
    this.underWay = null; // the uuid of an answer that was not whole when it was read
    this.text = "";
    this.prose = element("div", { className: "prose", dir: "auto" });
    this.state = element("p", { className: "state" });
    this.after = element("div", { className: "after" });
    this.article = element(
      "div",
      { className: "answer" },
      element("h2", { className: "visually-hidden" }, "Answer"),
      this.prose,
      this.state,
      this.after,
    );
    this.element = element("article", { className: "exchange" }, ...asked(question), this.article);
    this.markdown = new MarkdownView(this.prose, (number) => citation(this.sources, number));
    this.frame = 0;
  }

  /** @param {string} sentence Where the answer is on its way; empty: it is there. */
  setState(sentence) {
    this.state.textContent = sentence;
    this.state.hidden = sentence === "";
  }

  begin() {
    this.article.setAttribute("aria-busy", "true");
    this.after.replaceChildren();
    this.setState("Looking through the documents…");
  }

  /** Empties the answer: a stream that is taken up after a reload comes from its beginning. */
  clear() {
    this.text = "";
    this.draw();
  }

  /** @param {import("./events.js").StreamEvent} event */
  take({ event, data }) {
    if (event === "sources") {
      this.sources = data;
      this.setState(data.length ? `Reading ${counted(data.length, "passage")}…` : "");
    } else if (event === "message") {
      this.text += data.content;
      this.setState("Writing…");
      this.frame ||= requestAnimationFrame(() => this.draw());
    } else if (event === "done") {
      this.end(data);
    } else if (event === "error") {
      this.fail(data.detail);
    }
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.markdown.show(this.text);
  }

  /** @param {any} message The stored answer. */
  show(message) {
    this.underWay = message.status === "generating" ? message.uuid : null;
    this.text = message.message;
    this.sources = message.sources;
    this.markdown.shown = []; // citations may have become links
    this.draw();
    this.settle(endOf(message));
    this.after.replaceChildren(...details(message));
  }

  /** @param {any} message The answer that has just been stored. */
  end(message) {
    this.show(message);
    const whole = this.prose.textContent;
    say(whole.length <= LONGEST_SAID ? whole : `${whole.slice(0, LONGEST_SAID)}…`);
    if (isRefusal(message)) this.explain();
  }

  /** Says beside a refusal that documents are still being read: they may hold the answer. */
  async explain() {
    if (!(await areBeingRead())) return;
    this.setState(STILL_READING);
    say(STILL_READING);
  }

  /**
   * @param {string} sentence
   * @param {() => void} [tryAgain]
   */
  fail(sentence, tryAgain) {
    this.draw();
    this.settle("");
    const again = element("button", { type: "button", className: "quiet", onclick: tryAgain }, "Try again");
    const problem = element("p", { className: "problem" }, sentence);
    this.after.replaceChildren(problem, ...(tryAgain ? [again] : []));
    say(sentence);
  }

  /** @param {string} sentence How it ended, where that has to be said. */
  settle(sentence) {
    this.article.removeAttribute("aria-busy");
    this.setState(sentence);
  }
}

/** @param {unknown} error @returns {string} A sentence for people. */
export function sentenceOf(error) {
  if (error instanceof Problem) return error.message;
  throw error;
}

/** @param {any} message @returns {boolean} Whether nothing relevant was found. */
function isRefusal({ status, sources, retrieval_queries: queries }) {
  return status === "complete" && sources.length === 0 && Boolean(queries?.length);
}

async function areBeingRead() {
  const pages = UNREAD.map((status) => list("v1/documents", { status, limit: 1 }));
  return (await Promise.all(pages).catch(() => [])).some(({ items }) => items.length > 0);
}

/** @param {string | null} question */
function asked(question) {
  if (question === null) return [];
  const heading = element("h2", { className: "visually-hidden" }, "Question");
  return [heading, element("p", { className: "asked", dir: "auto" }, question)];
}

/** @param {any} message */
function endOf({ status, finish_reason: reason }) {
  if (status === "complete" || status === "generating") return "";
  const otherwise = status === "failed" ? "There is no answer." : "The answer broke off here.";
  return ENDS[reason] ?? otherwise;
}

/** @param {any} message @returns {HTMLElement[]} */
function details({ sources, retrieval_queries: queries, turns, model }) {
  const facts = [];
  if (queries?.length) facts.push(`Searched for ${queries.map((/** @type {string} */ query) => `“${query}”`).join(" and ")}`);
  if (turns && turns.used + turns.dropped > 0) facts.push(turnsOf(turns));
  if (sources.length) facts.push(`Answered by ${model}`); // where nothing is found none is asked
  const about = element("ul", { className: "about" }, ...facts.map((fact) => element("li", { dir: "auto" }, fact)));
  return sources.length ? [sourceList(sources), about] : [about];
}

/** @param {{used: number, dropped: number}} turns */
function turnsOf({ used, dropped }) {
  const told = `The model was told ${counted(used, "earlier question")} of this chat`;
  return dropped ? `${told}, and not ${counted(dropped, "older one")}` : told;
}
