// The title of a chat: shown, changed, or deleted with the chat.
import { sentenceOf } from "./answer.js";
import { call, send } from "./api.js";
import { UNTITLED } from "./chats.js";
import { byId, say } from "./dom.js";
import { offerUndo } from "./undo.js";

export class ChatHeader {
  /** @param {import("./chats.js").ChatList} chats */
  constructor(chats) {
    this.chats = chats;
    /** @type {string | null} */
    this.uuid = null;
    byId("rename").onclick = () => this.edit(true);
    byId("rename-cancel").onclick = () => this.edit(false);
    byId("delete-chat").onclick = () => this.remove();
    byId("rename-form").onsubmit = (/** @type {Event} */ event) => {
      event.preventDefault();
      return this.rename(byId("new-title").value);
    };
    byId("rename-form").onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") this.edit(false);
    };
  }

  /** @param {string | null} uuid Null: a chat that has not begun. */
  async show(uuid) {
    this.uuid = uuid;
    this.edit(false, false);
    byId("chat-actions").hidden = uuid === null;
    this.showTitle(uuid ? this.chats.find(uuid)?.title : null);
    if (!uuid || this.chats.find(uuid)) return;
    const chat = await call("GET", `v1/chats/${uuid}`).catch(() => null);
    if (chat && this.uuid === uuid) this.showTitle(chat.title);
  }

  /** @param {string | null | undefined} title */
  showTitle(title) {
    byId("chat-title").textContent = title ?? UNTITLED;
    document.title = `${title ?? UNTITLED} · bRAG`;
  }

  /** @param {boolean} isOn @param {boolean} [focuses] */
  edit(isOn, focuses = true) {
    byId("rename-form").hidden = !isOn;
    byId("chat-title").classList.toggle("visually-hidden", isOn || this.uuid === null);
    byId("chat-actions").hidden = isOn || this.uuid === null;
    byId("new-title").value = byId("chat-title").textContent;
    if (focuses) byId(isOn ? "new-title" : "rename").focus();
    if (focuses && isOn) byId("new-title").select();
  }

  /** @param {string} title */
  async rename(title) {
    const uuid = this.uuid;
    try {
      await call("PATCH", `v1/chats/${uuid}`, { body: { title } });
      await this.chats.load();
      if (uuid === this.uuid) await this.show(uuid);
      byId("rename").focus();
    } catch (error) {
      byId("new-title").setCustomValidity(sentenceOf(error));
      byId("new-title").reportValidity();
      byId("new-title").oninput = () => byId("new-title").setCustomValidity("");
    }
  }

  remove() {
    const [uuid, { chats }] = [this.uuid ?? "", this];
    const title = byId("chat-title").textContent;
    chats.leaving.add(uuid);
    location.hash = "";
    const back = () => {
      chats.leaving.delete(uuid);
      chats.show();
      location.hash = `chat=${uuid}`;
    };
    const act = () =>
      send("DELETE", `v1/chats/${uuid}`, { keepalive: true }).catch((error) => {
        back();
        say(sentenceOf(error));
      });
    offerUndo(`“${title}” will be deleted.`, { act, undo: back });
  }
}
