// The token stands in the fragment, which no server and no scanner of mails gets to see. Only the
// button uses it up. Without a token the page takes the code, which the same mail holds.
import { sentenceOf } from "./answer.js";
import { Problem, call } from "./api.js";
import { byId } from "./dom.js";
import { tellOtherTabs } from "./session.js";

const byLink = byId("by-link");
const byCode = byId("by-code");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const way = token ? byLink : byCode;

/** @param {string} text */
function tell(text) {
  byId("told").textContent = text;
}

/** @param {object} proof */
async function signIn(proof) {
  tell("Signing in…");
  try {
    const { email } = await call("POST", "v1/login/consume", { body: proof, isSignIn: true });
    tellOtherTabs();
    tell(`You are signed in as ${email}.`);
    way.hidden = true;
    byId("onward").hidden = false;
    byId("onward").focus();
  } catch (error) {
    tell(sentenceOf(error));
    way.hidden = token !== null && error instanceof Problem && error.status === 401;
  }
}

history.replaceState(null, "", location.pathname);
byLink.onclick = () => signIn({ token });
byCode.onsubmit = (/** @type {Event} */ event) => {
  event.preventDefault();
  signIn(Object.fromEntries(new FormData(byCode)));
};
tell(token ? "Press the button to sign in on this device." : "Type the code that was mailed to you.");
way.hidden = false;
