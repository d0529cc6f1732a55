// The token stands in the fragment, which no server and no scanner of mails gets to see. Only the
// button uses it up. Without a token the page takes the code, which the same mail holds.
const told = document.getElementById("told");
const byLink = document.getElementById("by-link");
const byCode = document.getElementById("by-code");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const way = token ? byLink : byCode;

function say(text) {
  told.textContent = text;
}

async function signIn(proof) {
  say("Signing in…");
  try {
    const response = await fetch("v1/login/consume", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(proof),
    });
    const answer = await response.json();
    way.hidden = response.ok || (token !== null && response.status === 401);
    say(response.ok ? `You are signed in as ${answer.email}.` : answer.detail);
  } catch {
    say("The service does not answer. Please try again.");
  }
}

history.replaceState(null, "", location.pathname);
byLink.addEventListener("click", () => signIn({ token }));
byCode.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(Object.fromEntries(new FormData(byCode)));
});
say(token ? "Press the button to sign in on this device." : "Type the code that was mailed to you.");
way.hidden = false;
