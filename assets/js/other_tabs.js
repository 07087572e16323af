// Other tabs of the same visitor show the same history: a tab that has a new generation sends them its history.
import { send } from "./bridge.js";
import { onTick } from "./clock.js";
import { $, $$ } from "./dom.js";
import { onFrame } from "./rendering.js";

const MAX_COMPARED_CARDS = 40; // a tab may show more of the history than another one
const QUIET_MILLISECONDS = 2000;
const ANSWER_MILLISECONDS = 4000; // until the program is asked again: Gradio can lose a response
const MAX_REQUESTS = 3;
let channel = null;
let channelOwner = "";
let sync = null;

export function installOtherTabs() {
  if (!("BroadcastChannel" in window)) return;
  onFrame(compareHistory);
  onTick(compareHistory); // a hidden tab draws no frames
}

// The cards of the history and whether they are running.
export const describeHistory = (cards) =>
  cards.slice(0, MAX_COMPARED_CARDS).map((card) => `${card.dataset.id}${card.classList.contains("running") ? "*" : ""}`).join(" ");

// Keeps one tab's history equal to that of the others. `post` sends a history to the other tabs; `refresh` requests the
// present one from the program, again if it does not appear.
export function createHistorySync(post, refresh) {
  let agreed = null; // the history that the other tabs know
  let wanted = null; // the history of another tab that does not appear here yet
  let requests = 0;
  let requestedAt = 0;
  let quietUntil = 0; // until then, changes come from another tab

  function request(now) {
    requests += 1;
    requestedAt = now;
    quietUntil = now + QUIET_MILLISECONDS;
    refresh();
  }

  return {
    compare(present, now) {
      agreed ??= present;
      if (present === wanted) wanted = null;
      if (wanted !== null && now - requestedAt > ANSWER_MILLISECONDS) {
        if (requests < MAX_REQUESTS) request(now);
        else [wanted, agreed] = [null, present]; // the tabs differ for another reason
      }
      if (wanted !== null || present === agreed || now < quietUntil) return;
      agreed = present;
      post(present);
    },
    receive(history, present, now) {
      agreed = history;
      wanted = history === present ? null : history;
      if (wanted === null) return;
      requests = 0;
      request(now);
    },
  };
}

function compareHistory() {
  const section = $("#history section[data-owner]");
  if (!section) return;
  if (section.dataset.owner !== channelOwner) openChannel(section.dataset.owner);
  sync.compare(presentHistory(), performance.now());
}

const presentHistory = () => describeHistory($$("#strip .card"));

function openChannel(owner) {
  channel?.close();
  const opened = new BroadcastChannel(`flux-history-${owner}`);
  channelOwner = owner;
  channel = opened;
  sync = createHistorySync(
    (history) => opened.postMessage(history),
    () => send("show", { id: "" }, { expectsChange: false }),
  );
  opened.onmessage = ({ data }) => sync.receive(data, presentHistory(), performance.now());
}
