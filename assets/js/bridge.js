// Sends actions to the program through Gradio's events.
import { showToast } from "./announcements.js";
import { onTick } from "./clock.js";
import { $ } from "./dom.js";
import { readForm, readImages } from "./form_values.js";
import { page } from "./page_state.js";
import { onChange } from "./rendering.js";
import { createRepeatCheck, REPEAT_MILLISECONDS } from "./repeat.js";
import { awaitNextResult } from "./scrolling.js";
import { readIdentity } from "./session.js";

const LOST_MILLISECONDS = 8000; // without a change where the response would be visible
const senders = new Map(); // "form action" → function; the form is null for actions of the whole page
const paid = new Set(); // actions that may cost money
const followed = new Set(); // actions whose response is visible in the result or at the button
const repeats = createRepeatCheck();
const pressTasks = [];
const pressChecks = [];
let isComplete = false;
let sentAt = 0; // when a followed action was sent whose response is not visible yet
let isInsisting = false; // whether the next press on Generate sends a request that exists already
let sendingTimer = 0;

// Called by hidden HTML components: one for each form, and one for the whole page.
export function registerSender(form, events, trigger, kinds) {
  for (const action of kinds.paid) paid.add(action);
  for (const action of kinds.followed) followed.add(action);
  for (const [event, actions] of Object.entries(events)) {
    for (const act of actions) {
      senders.set(`${form} ${act}`, (data) => trigger(event, { ...data, ...readIdentity(), act, ...shownForm() }));
    }
  }
  if (!senders.has("null show") || !offersForm(page.form)) return;
  isComplete = true;
  window.flux.send = send;
}

// The task runs at each press on Generate.
export const onPress = (task) => pressTasks.push(task);

// The check tells whether a press on Generate is held back.
export const addPressCheck = (check) => pressChecks.push(check);

export const isReady = () => isComplete;
export const offersForm = (form) => senders.has(`${form} leave`);

// `expectsChange` says whether a missing change of the result is a lost response.
export function send(action, data = {}, { expectsChange = true } = {}) {
  if (!isComplete) return;
  if (paid.has(action)) {
    if (repeats.isRepeat(action, data, shownForm(), readForm(), readImages())) return;
    data = { ...data, press: randomPress() };
    showSending();
  } else if (followed.has(action)) repeats.forget();
  if (followed.has(action) && expectsChange) sentAt = performance.now();
  (senders.get(`${page.form} ${action}`) || senders.get(`null ${action}`))?.(data);
}

// Gradio calls this for a press on Generate. Its result is sent with the form; "" sends nothing.
export function press() {
  const insist = isInsisting;
  isInsisting = false;
  if (!isComplete || page.isSwitching) {
    showToast("Still loading. Try again in a moment.");
    return "";
  }
  if (pressChecks.some((check) => check()) || repeats.isRepeat("generate", { insist, count: page.count }, shownForm(), readForm(), readImages())) return "";
  for (const task of pressTasks) task();
  awaitNextResult();
  showSending();
  sentAt = performance.now();
  return JSON.stringify({ ...readIdentity(), endpoint: page.endpoint, insist, count: page.count, press: randomPress() });
}

export function insist() {
  isInsisting = true;
  $("#generate")?.click();
}

export function installBridge() {
  onChange(noteResponse);
  onTick(checkLostResponse);
}

const shownForm = () => ({ form: page.form, endpoint: page.endpoint });
const randomPress = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

// The button reacts at once; the response of the program takes a moment.
function showSending() {
  const button = $("#generate");
  if (!button) return;
  button.dataset.sent = "";
  clearTimeout(sendingTimer);
  sendingTimer = setTimeout(() => delete button.dataset.sent, REPEAT_MILLISECONDS);
}

function noteResponse(changes) {
  const isVisible = ({ target, attributeName }) =>
    !["class", "open"].includes(attributeName) && target.tagName !== "TIME" && target.closest?.("#result, #notice, #sweep-plan");
  if (sentAt && changes.some(isVisible)) sentAt = 0;
}

// Gradio can lose the response of an action when another one ends in the same moment. The action may have been done, so
// it is not repeated; the page asks for the present state.
function checkLostResponse() {
  if (!sentAt || performance.now() - sentAt < LOST_MILLISECONDS) return;
  send("show", { id: "" });
  sentAt = 0;
  showToast("No response. Try again if nothing changed.");
}
