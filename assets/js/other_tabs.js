// Other tabs of the same visitor show the same history: a tab that has a new generation tells them.
import { send } from "./bridge.js";
import { $, $$ } from "./dom.js";
import { onFrame } from "./rendering.js";

const MAX_COMPARED_CARDS = 40; // a tab may show more of the history than another one
const QUIET_MILLISECONDS = 2000;
let channel = null;
let channelOwner = "";
let knownHistory = null; // the generations and their states at the last frame
let quietUntil = 0; // until then, changes come from another tab

export function installOtherTabs() {
  if ("BroadcastChannel" in window) onFrame(noteHistory);
}

// The cards of the history and whether they are running.
export const describeHistory = (cards) =>
  cards.slice(0, MAX_COMPARED_CARDS).map((card) => `${card.dataset.id}${card.classList.contains("running") ? "*" : ""}`).join(" ");

function noteHistory() {
  const section = $("#history section[data-owner]");
  if (!section) return;
  if (section.dataset.owner !== channelOwner) openChannel(section.dataset.owner);
  const present = describeHistory($$("#strip .card"));
  const isOwnChange = knownHistory !== null && present !== knownHistory && performance.now() > quietUntil;
  if (isOwnChange) channel.postMessage(present);
  knownHistory = present;
}

function openChannel(owner) {
  channel?.close();
  channelOwner = owner;
  channel = new BroadcastChannel(`flux-history-${owner}`);
  channel.onmessage = ({ data }) => {
    if (data === knownHistory) return;
    quietUntil = performance.now() + QUIET_MILLISECONDS;
    send("show", { id: "" }, { expectsChange: false });
  };
}
