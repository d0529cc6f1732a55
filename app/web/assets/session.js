// The tabs of a browser share one session: where somebody signs in or out in one of them, the others
// begin anew. They would else show what is somebody else's, and ask in the name of whoever is there.
import { address } from "./api.js";

const tabs = new BroadcastChannel(`session at ${address("")}`);
tabs.onmessage = () => location.reload();

export function tellOtherTabs() {
  tabs.postMessage(null);
}
