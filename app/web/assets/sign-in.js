// Signing in by mail: a link that opens by itself, or the code that the same mail holds.
import { call } from "./api.js";
import { sentenceOf } from "./answer.js";
import { byId } from "./dom.js";
import { tellOtherTabs } from "./session.js";

export function connectSignIn() {
  const [mailForm, codeForm] = [byId("mail-form"), byId("code-form")];
  const email = () => mailForm.elements.email.value;
  mailForm.onsubmit = submitted("Sending…", async () => {
    const { message } = await call("POST", "v1/users", { body: { email: email() } });
    codeForm.hidden = false;
    codeForm.elements.code.focus();
    return `${message} Open its link in this browser, or type its code here.`;
  });
  codeForm.onsubmit = submitted("Signing in…", async () => {
    const body = { email: email(), code: codeForm.elements.code.value };
    await call("POST", "v1/login/consume", { body, isSignIn: true });
    tellOtherTabs();
    location.reload(); // nothing stays of whoever was here before
    return "";
  });
}

/**
 * @param {string} meanwhile
 * @param {() => Promise<string>} act
 */
function submitted(meanwhile, act) {
  const told = byId("sign-in-told");
  return async (/** @type {Event} */ event) => {
    event.preventDefault();
    told.textContent = meanwhile;
    told.textContent = await act().catch(sentenceOf);
  };
}
