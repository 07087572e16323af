// The form survives a reload, in each tab its own; a new tab begins with the latest one. Secrets and images are not kept.
import { isReady } from "./bridge.js";
import { onTick } from "./clock.js";
import { $, $$, findInputs, setField, setInput } from "./dom.js";
import { changedValues, fieldAge, markTyped, readForm } from "./form_values.js";
import { page } from "./page_state.js";
import { markShape } from "./shape.js";
import { localStore, sessionStore } from "./storage.js";

const FORM_KEY = "flux-form";
const SETTLING_MILLISECONDS = 50; // a field that has just appeared may lose a choice that is made at once
const STAY_MILLISECONDS = 3000; // Gradio may drop a value while it draws: after this time the value stays
const MAX_ATTEMPTS = 8; // each waits twice as long as the one before
const MAX_ATTEMPTS_BEFORE_PAINT = 5; // the page is shown without a value that the field does not keep
const attempts = new Map(); // name of a field → how often its value was put in, when last, and since when it stays
let pending = null; // kept values that are not in the form for good
let pendingEndpoint = ""; // the endpoint whose values these are
let isRestoring = false;
let savedText = "";
let hasOpenedAdvanced = false;

export const hasKeptForm = () => [...sessionStore.names(), ...localStore.names()].some((name) => name.startsWith(FORM_KEY));

export function installPersistence() {
  onTick(restoreForm);
  onTick(saveForm);
  // What the user or the program writes into a field replaces its kept value.
  for (const type of ["pointerdown", "keydown", "input", "change"]) {
    document.addEventListener(type, ({ target }) => {
      const field = !isRestoring && target.closest?.(".field");
      if (field) forgetKept([nameOfField(field)]);
    }, true);
  }
  addEventListener("formfill", ({ detail }) => forgetKept(detail));
}

// Whether a kept value is still on its way into the field.
export const isRestorePending = (name) => Object.hasOwn(pending ?? readKept(), name);

function forgetKept(names) {
  for (const name of names) delete pending?.[name];
}

function saveForm() {
  if (!pending || page.isSwitching) return;
  const name = FORM_KEY + page.endpoint;
  const text = JSON.stringify({ ...pending, ...Object.fromEntries(changedValues()) });
  if (name + text === (savedText || `${name}{}`)) return; // without a change nothing is kept, and the next visit waits for nothing
  savedText = name + text;
  for (const store of [sessionStore, localStore]) store.set(name, text);
}

function readKept() {
  try {
    const name = FORM_KEY + page.endpoint;
    return Object(JSON.parse(sessionStore.get(name) || localStore.get(name) || "{}"));
  } catch {
    return {};
  }
}

// Puts kept values into the form. Returns whether all of them that have a field are in it.
export function restoreForm() {
  if (!isReady() || page.isSwitching || !$("#generate")) return false;
  if (!pending) pendingEndpoint = page.endpoint;
  pending ??= readKept();
  if (pendingEndpoint !== page.endpoint) pending = {}; // the form has the values of the endpoint before
  const values = readForm();
  for (const [name, value] of Object.entries(pending)) {
    if (name in values && fieldAge(name) >= SETTLING_MILLISECONDS) restoreValue(name, value, values[name]);
  }
  // Fields of a closed section are drawn when it opens. Until then their first values would be sent.
  if (Object.keys(pending).some((name) => !(name in values)) && !hasOpenedAdvanced) {
    hasOpenedAdvanced = true;
    $("#advanced > button:not(.open)")?.click();
  }
  if (!Object.keys(pending).length || !$("#advanced")) return !isWaiting(values);
  const fields = $$("#advanced .field");
  const areDrawn = fields.length > 0 && fields.every((field) => $("input, textarea, button", field));
  return (areDrawn || !hasOpenedAdvanced) && !isWaiting(readForm());
}

// Whether the first paint waits for a kept value.
const isWaiting = (values) => Object.entries(pending).some(([name, value]) =>
  name in values && values[name] !== value && (attempts.get(name)?.count ?? 0) < MAX_ATTEMPTS_BEFORE_PAINT);

function restoreValue(name, value, present) {
  const now = performance.now();
  const { count, at, since } = attempts.get(name) || { count: 0, at: -Infinity, since: null };
  if (present === value) {
    if (since !== null && now - since > STAY_MILLISECONDS) delete pending[name];
    else attempts.set(name, { count, at, since: since ?? now });
    return;
  }
  if (now - at < SETTLING_MILLISECONDS * 2 ** (count - 1)) return;
  attempts.set(name, { count: count + 1, at: now, since: null });
  isRestoring = true;
  const isPossible = count < MAX_ATTEMPTS && restoreField(name, value);
  isRestoring = false;
  if (!isPossible) delete pending[name];
}

// Returns whether the field can have this value.
function restoreField(name, value) {
  const boxes = findInputs(name);
  const choice = boxes.find((box) => box.type === "radio" && box.value === value);
  const range = boxes.find((box) => box.type === "range");
  if (boxes[0]?.type === "radio" && !choice) return false;
  if (boxes[0]?.type === "checkbox" || choice) (choice || boxes[0]).click();
  else if (range) setInput(range, value);
  else {
    setField(name, value);
    markTyped(name, value);
  }
  markShape();
  return true;
}
