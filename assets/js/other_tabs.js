// Other tabs of the same visitor show the same history: a tab that has a new generation tells them.
import { send } from "./bridge.js";
import { $, $$ } from "./dom.js";
import { onFrame } from "./rendering.js";

let channel = null;
let channelOwner = "";
let knownHistory = null; // the generations and their states at the last frame

export function installOtherTabs() {
  if ("BroadcastChannel" in window) onFrame(noteHistory);
}

// The cards of the history and whether they are running.
export const describeHistory = (cards) =>
  cards.map((card) => `${card.dataset.id}${card.classList.contains("running") ? "*" : ""}`).join(" ");

function noteHistory() {
  const section = $("#history section[data-owner]");
  if (!section) return;
  if (section.dataset.owner !== channelOwner) openChannel(section.dataset.owner);
  const present = describeHistory($$("#strip .card"));
  if (knownHistory !== null && present !== knownHistory) channel.postMessage(present);
  knownHistory = present;
}

function openChannel(owner) {
  channel?.close();
  channelOwner = owner;
  channel = new BroadcastChannel(`flux-history-${owner}`);
  channel.onmessage = ({ data }) => {
    if (data === knownHistory) return;
    knownHistory = data; // what this tab will show, so that it tells nobody
    send("show", { id: "" });
  };
}
