// The chats at the side, newest first.
import { pagesOf } from "./api.js";
import { byId, element } from "./dom.js";

const PAGE = 50;
export const UNTITLED = "New chat";

/** @typedef {{uuid: string, title: string | null}} Chat */

export class ChatList {
  constructor() {
    this.pages = 1;
    /** @type {Chat[]} */
    this.chats = [];
    /** @type {string | null} */
    this.current = null;
    /** @type {Set<string>} */
    this.leaving = new Set();
    byId("more-chats").onclick = () => {
      this.pages += 1;
      return this.load();
    };
  }

  async load() {
    const { items, hasMore } = await pagesOf("v1/chats", this.pages, PAGE);
    this.chats = items;
    byId("more-chats").hidden = !hasMore;
    this.show();
  }

  /** @param {string | null} uuid */
  select(uuid) {
    this.current = uuid;
    this.show();
  }

  /** @param {string} uuid @returns {Chat | undefined} */
  find(uuid) {
    return this.chats.find((chat) => chat.uuid === uuid);
  }

  show() {
    const shown = this.chats.filter(({ uuid }) => !this.leaving.has(uuid));
    byId("no-chats").hidden = shown.length > 0;
    byId("chats").replaceChildren(...shown.map((chat) => this.item(chat)));
  }

  /** @param {Chat} chat */
  item({ uuid, title }) {
    const current = uuid === this.current ? { "aria-current": "page" } : {};
    const link = { className: "side-link", href: `#chat=${uuid}`, dir: "auto", ...current };
    return element("li", {}, element("a", link, title ?? UNTITLED));
  }
}
