// One chat: its questions and answers, and the answer that is on its way.
import { AnswerView, sentenceOf } from "./answer.js";
import { call, list, send } from "./api.js";
import { element } from "./dom.js";
import { followAnswer } from "./stream.js";

const PAGE = 40;
const NEAR_PX = 120;

export class Conversation {
  /**
   * @param {string | null} uuid Of the chat; null: it begins with its first question.
   * @param {{onChange: () => void, onCreated: (conversation: Conversation) => void}} listeners
   */
  constructor(uuid, { onChange, onCreated }) {
    this.uuid = uuid;
    this.onChange = onChange;
    this.onCreated = onCreated;
    /** @type {string | null} */
    this.answering = null; // the uuid of the answer that is on its way
    /** @type {AnswerView | null} */
    this.view = null; // of that answer
    this.isBusy = false;
    this.request = new AbortController();
    this.earlier = element("button", { type: "button", className: "quiet", hidden: true }, "Show earlier questions");
    this.earlier.onclick = () => this.loadEarlier();
    this.log = element("div", { className: "log" });
    this.element = element("div", {}, this.earlier, this.log);
    /** @type {number | undefined} */
    this.oldest = undefined;
  }

  /** Shows the newest messages; answers that are on their way are taken up again. */
  async load() {
    const views = await this.loadEarlier();
    if (!views.length) await call("GET", `v1/chats/${this.uuid}`); // which may have been deleted
    this.followAll(views.filter(({ underWay }) => underWay));
  }

  /** One after the other: people may ask in several tabs. @param {AnswerView[]} views */
  async followAll(views) {
    for (const view of views) view.begin();
    for (const view of views) await this.run(view, () => this.follow(view, view.underWay ?? "", null));
  }

  /** @returns {Promise<AnswerView[]>} What was said before, oldest first. */
  async loadEarlier() {
    const query = { chat_uuid: this.uuid ?? undefined, limit: PAGE, before: this.oldest };
    const { items, hasMore } = await list("v1/messages", query);
    this.oldest = items.at(-1)?.id;
    this.earlier.hidden = !hasMore;
    const views = viewsOf([...items].reverse());
    this.log.prepend(...views.map((view) => view.element));
    return views;
  }

  /** @param {string} question */
  async ask(question) {
    const view = new AnswerView(question);
    this.log.append(view.element);
    const sending = this.send(view, question, randomKey());
    scrollToEnd(); // above the field: what lies behind it is not seen
    await sending;
  }

  /** The same key again is the same question, however often it is sent. @param {AnswerView} view @param {string} question @param {string} key */
  async send(view, question, key) {
    const again = () => this.send(view, question, key);
    await this.run(view, async () => {
      this.uuid ??= await this.create();
      const response = await send("POST", "v1/qa-stream", {
        body: { message: question, chat_uuid: this.uuid },
        headers: { "Idempotency-Key": key },
        signal: this.request.signal,
      });
      this.onCreated(this);
      await this.follow(view, response.headers.get("X-Message-UUID") ?? "", response);
    }, again);
  }

  async create() {
    const { uuid } = await call("POST", "v1/chats", { body: {} });
    return uuid;
  }

  /** @param {AnswerView} view @param {() => Promise<void>} act @param {() => void} [again] */
  async run(view, act, again) {
    [this.isBusy, this.view] = [true, view];
    this.request = new AbortController();
    view.begin();
    this.onChange();
    try {
      await act();
    } catch (error) {
      if (/** @type {Error} */ (error).name === "AbortError") view.settle("Stopped.");
      else view.fail(sentenceOf(error), this.answering ? undefined : again);
    } finally {
      [this.isBusy, this.answering] = [false, null];
      this.onChange();
    }
  }

  /** @param {AnswerView} view @param {string} uuid @param {Response | null} response */
  async follow(view, uuid, response) {
    this.answering = uuid;
    let hasEnded = false;
    let wasLost = response === null;
    if (wasLost) view.clear();
    const onConnection = (/** @type {boolean} */ isLost) => {
      if (isLost) view.setState("The connection was lost. Trying again…");
      else if (wasLost) view.setState("Going on…");
      wasLost = isLost;
    };
    for await (const event of followAnswer(uuid, response, onConnection)) {
      const isAtEnd = isNearEnd();
      view.take(event);
      hasEnded ||= event.event === "done" || event.event === "error";
      if (isAtEnd && this.element.isConnected) requestAnimationFrame(scrollToEnd);
    }
    if (!hasEnded) view.end(await call("GET", `v1/messages/${uuid}`));
  }

  /** Stops the answer; what there is of it stays. */
  async stop() {
    if (!this.answering) return this.request.abort();
    await send("POST", `v1/messages/${this.answering}/cancel`).catch((error) => {
      if (error.status !== 409) this.view?.setState(sentenceOf(error)); // 409: it has just ended
    });
  }
}

/** @param {any[]} messages Oldest first. @returns {AnswerView[]} */
function viewsOf(messages) {
  const views = [];
  let question = null;
  for (const message of messages) {
    if (message.role === "user") {
      if (question !== null) views.push(unanswered(question));
      question = message.message;
    } else {
      const view = new AnswerView(question);
      view.show(message);
      views.push(view);
      question = null;
    }
  }
  return question === null ? views : [...views, unanswered(question)];
}

/** @param {string} question */
function unanswered(question) {
  const view = new AnswerView(question);
  view.settle("There is no answer.");
  return view;
}

/** crypto.randomUUID is there only with TLS or on loopback. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isNearEnd() {
  const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
  return scrollHeight - scrollTop - clientHeight < NEAR_PX;
}

export function scrollToEnd() {
  window.scrollTo(0, document.documentElement.scrollHeight);
}
