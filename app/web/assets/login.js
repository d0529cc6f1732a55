// The token stands in the fragment, which no server and no scanner of mails gets to see. Only the
// button uses it up.
const button = document.getElementById("sign-in");
const told = document.getElementById("told");
const token = new URLSearchParams(location.hash.slice(1)).get("token");

function say(text) {
  told.textContent = text;
}

async function signIn() {
  button.disabled = true;
  say("Signing in…");
  try {
    const response = await fetch("v1/login/consume", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
    const answer = await response.json();
    if (response.ok) {
      button.hidden = true;
      say(`You are signed in as ${answer.email}.`);
    } else {
      say(answer.detail);
      button.disabled = response.status === 401 || response.status === 422;
    }
  } catch {
    say("The service does not answer. Please try again.");
    button.disabled = false;
  }
}

history.replaceState(null, "", location.pathname);
if (token) {
  button.addEventListener("click", signIn);
} else {
  button.hidden = true;
  say("This link is not whole: open it from your mail again, or ask for a new one.");
}
