// Notifies of a generation that ends while the tab is in the background. Off until the user turns it on in the list of
// keyboard shortcuts; only then the browser is asked for its permission.
import { send } from "./bridge.js";
import { $, $$, createElement } from "./dom.js";
import { onChange } from "./rendering.js";
import { localStore } from "./storage.js";
import { PAGE_NAME } from "./title.js";

const NOTIFY_KEY = "flux-notify";
const LABEL = "Notify me when an image is ready";
const BLOCKED = "Notifications are blocked. Allow them in your browser's site settings.";
const runningIds = new Set();
let isOn = false;

export function installNotifications() {
  if (!("Notification" in window)) return;
  isOn = localStore.get(NOTIFY_KEY) === "1" && Notification.permission === "granted";
  onChange(notifyOfEnded);
}

export function addNotificationSwitch() {
  if (!("Notification" in window)) return;
  const section = createElement("div", { className: "notify" });
  section.innerHTML = `<button type="button" id="notify" class="quiet" role="switch" data-act="notify"
    aria-checked="${isOn}"><i class="knob" aria-hidden="true"></i><span>${LABEL}</span></button>
    <p id="notify-said" role="status"></p>`;
  $("dialog#keys .lists").after(section);
}

export async function toggleNotifications() {
  let message = "";
  if (isOn) isOn = false;
  else {
    const { permission } = Notification;
    isOn = (permission === "default" ? await Notification.requestPermission() : permission) === "granted";
    message = isOn ? "" : BLOCKED;
  }
  localStore.set(NOTIFY_KEY, isOn ? "1" : "0");
  $("#notify").setAttribute("aria-checked", String(isOn));
  $("#notify-said").textContent = message;
}

function notifyOfEnded() {
  const cards = $$("#strip .card");
  const running = new Set(cards.filter((card) => card.classList.contains("running")).map((card) => card.dataset.id));
  for (const id of [...runningIds].filter((id) => !running.has(id))) {
    runningIds.delete(id);
    const card = cards.find((card) => card.dataset.id === id);
    if (card && isOn && document.hidden) notify(card);
  }
  for (const id of running) runningIds.add(id);
}

function notify(card) {
  const [state] = (card.getAttribute("aria-label") || "").split(": ");
  const { id, prompt } = card.dataset;
  const notification = new Notification(`${state} – ${PAGE_NAME}`, { body: prompt, tag: id });
  notification.onclick = () => {
    window.focus();
    send("show", { id });
    notification.close();
  };
}
