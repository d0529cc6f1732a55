// The chats at the side, on a narrow screen behind a button.
import { byId } from "./dom.js";

/** @param {boolean} isOpen */
function setOpen(isOpen) {
  byId("app").classList.toggle("menu-open", isOpen);
  byId("menu").setAttribute("aria-expanded", String(isOpen));
}

export function closeMenu() {
  setOpen(false);
}

export function connectMenu() {
  byId("menu").onclick = () => setOpen(byId("menu").getAttribute("aria-expanded") !== "true");
  byId("app").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || byId("menu").getAttribute("aria-expanded") !== "true") return;
    setOpen(false);
    byId("menu").focus();
  });
}
