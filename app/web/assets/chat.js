// The page: who is here, which view is shown, and what its buttons do.
import { sentenceOf } from "./answer.js";
import { Problem, SIGNED_OUT, call, send } from "./api.js";
import { ChatList } from "./chats.js";
import { Composer } from "./composer.js";
import { Conversation, scrollToEnd } from "./conversation.js";
import { DocumentList } from "./documents.js";
import { byId } from "./dom.js";
import { connectMenu, closeMenu } from "./menu.js";
import { tellOtherTabs } from "./session.js";
import { connectSignIn } from "./sign-in.js";
import { ChatHeader } from "./title.js";
import { connectUndo, finish } from "./undo.js";

// Whoever made a link wrote its fragment: in the path of a request, chat=../me would be the account.
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const chats = new ChatList();
const documents = new DocumentList();
const header = new ChatHeader(chats);
const composer = new Composer(() => conversation);
/** @type {Map<string, Conversation>} */
const conversations = new Map(); // those whose answers are on their way go on out of sight
let conversation = newConversation(null);

/** @param {string | null} uuid */
function newConversation(uuid) {
  return new Conversation(uuid, { onChange: () => composer.show(), onCreated });
}

/** @param {Conversation} created */
async function onCreated(created) {
  conversations.set(created.uuid ?? "", created);
  if (created === conversation) history.replaceState(null, "", `#chat=${created.uuid}`);
  if (created === conversation) chats.current = created.uuid;
  await chats.load();
  if (created === conversation) header.show(created.uuid);
}

/** Shows what the fragment of the address names. */
async function route() {
  const [name, given = ""] = location.hash.slice(1).split("=");
  const uuid = UUID.test(given) ? given : null;
  if (name !== "" && name !== "documents" && name !== "chat") return;
  closeMenu();
  const isDocuments = name === "documents";
  byId("chat-view").hidden = isDocuments;
  byId("documents-view").hidden = !isDocuments;
  byId("documents-link").toggleAttribute("aria-current", isDocuments);
  chats.select(uuid);
  if (isDocuments) await showDocuments();
  else await showChat(uuid);
}

async function showDocuments() {
  document.title = "Documents · bRAG";
  byId("documents-title").focus();
  await documents.load();
}

/** @param {string | null} uuid */
async function showChat(uuid) {
  const known = conversations.get(uuid ?? "");
  conversation = known?.isBusy ? known : newConversation(uuid);
  for (const [key, { isBusy }] of conversations) if (!isBusy) conversations.delete(key);
  if (uuid) conversations.set(uuid, conversation);
  header.show(uuid);
  composer.show();
  const shown = conversation;
  byId("conversation").replaceChildren(shown.element);
  if (uuid && shown !== known) await load(shown);
  else if (!uuid) await composer.welcome(shown);
}

/** @param {Conversation} shown */
async function load(shown) {
  try {
    await shown.load();
    if (shown === conversation) scrollToEnd();
  } catch (error) {
    composer.tell(shown, sentenceOf(error));
  }
}

function showSignIn() {
  byId("app").hidden = true;
  byId("sign-in").hidden = false;
  document.title = "Sign in to bRAG";
  byId("sign-in-title").focus();
}

async function start() {
  try {
    await chats.load();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) composer.tell(conversation, sentenceOf(error));
    if (error instanceof Problem && error.status === 401) return;
  }
  byId("sign-in").hidden = true;
  byId("app").hidden = false;
  await Promise.all([route(), showAccount()]);
}

async function showAccount() {
  const user = await call("GET", "v1/me", { isSignIn: true }).catch(() => null);
  byId("account").hidden = user === null; // where nobody needs to sign in there is none
  byId("email").textContent = user?.email ?? "";
}

function connect() {
  window.addEventListener("hashchange", route);
  window.addEventListener(SIGNED_OUT, showSignIn);
  byId("new-chat").onclick = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (location.hash) location.hash = "";
    else route();
    byId("question").focus();
  };
  byId("skip").onclick = (/** @type {Event} */ event) => {
    event.preventDefault();
    byId(byId("chat-view").hidden ? "documents-title" : "question").focus();
  };
  byId("sign-out").onclick = async () => {
    await finish(); // it needs the session
    await send("POST", "v1/logout").catch(() => null);
    tellOtherTabs();
    location.assign(location.pathname);
  };
  connectDrop();
  connectMenu();
  connectUndo();
  connectSignIn();
}

/** Files may be dropped anywhere. */
function connectDrop() {
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  const light = (/** @type {boolean} */ isOn) => document.body.classList.toggle("dropping", isOn);
  window.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    light(true);
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget === null && light(false));
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    light(false);
    documents.upload(event.dataTransfer?.files ?? []);
    location.hash = "documents";
  });
}

connect();
start();
