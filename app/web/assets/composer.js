// Where a question is typed, and what stands in a chat before the first one.
import { list } from "./api.js";
import { byId, element } from "./dom.js";
import { finish } from "./undo.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */

export class Composer {
  /** @param {() => Conversation} current The chat that is shown. */
  constructor(current) {
    this.current = current;
    byId("composer").onsubmit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.ask();
    };
    byId("question").onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.ask();
    };
    byId("stop").onclick = () => current().stop();
  }

  ask() {
    const question = byId("question").value.trim();
    if (!question || byId("ask").disabled || this.current().isBusy) return;
    finish(); // what is being deleted answers no more
    byId("question").value = "";
    byId("question").focus();
    byId("conversation").querySelector(".welcome")?.remove();
    this.current().ask(question);
  }

  /** Shows Stop while an answer is on its way, else Ask, which is disabled until this is called first. */
  show() {
    byId("ask").disabled = false;
    const { isBusy } = this.current();
    const hadFocus = document.activeElement === byId("stop");
    byId("ask").hidden = isBusy;
    byId("stop").hidden = !isBusy;
    if (hadFocus && !isBusy) byId("question").focus();
  }

  /** What a chat without questions says. @param {Conversation} shown */
  async welcome(shown) {
    const { items } = await list("v1/documents", { limit: 1 }).catch(() => ({ items: [null] }));
    if (shown !== this.current() || shown.isBusy) return;
    const [heading, sentence] = items.length
      ? ["Ask your documents", "An answer rests on what they say, and its numbers lead to where it stands."]
      : ["Begin with a document", "Answers rest on documents, and there are none yet."];
    const link = element("a", { className: "button", href: "#documents" }, "Add documents");
    const parts = [element("h2", {}, heading), element("p", { className: "muted" }, sentence)];
    byId("conversation").prepend(
      element("div", { className: "welcome" }, ...parts, ...(items.length ? [] : [link])),
    );
  }

  /** @param {Conversation} shown @param {string} sentence */
  tell(shown, sentence) {
    if (shown !== this.current()) return;
    byId("conversation").append(element("p", { className: "problem", role: "alert" }, sentence));
  }
}
