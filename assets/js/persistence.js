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
const MAX_ATTEMPTS = 5; // each waits twice as long as the one before
const attempts = new Map(); // name of a field → how often its value was put in, and when last
let pending = null; // kept values that are not in the form yet
let savedText = "";
let hasOpenedAdvanced = false;

export const hasKeptForm = () => [...sessionStore.names(), ...localStore.names()].some((name) => name.startsWith(FORM_KEY));

export function installPersistence() {
  onTick(restoreForm);
  onTick(saveForm);
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
  pending ??= readKept();
  const values = readForm();
  for (const [name, value] of Object.entries(pending)) {
    if (!(name in values) || fieldAge(name) < SETTLING_MILLISECONDS) continue;
    const { count, at } = attempts.get(name) || { count: 0, at: -Infinity };
    if (performance.now() - at < SETTLING_MILLISECONDS * 2 ** (count - 1)) continue;
    // Gradio may drop a value while it draws: the value is in the form when it has stayed there for a while.
    const isOver = values[name] === value || count === MAX_ATTEMPTS || (count && isShown());
    if (isOver || !restoreField(name, value)) delete pending[name];
    else attempts.set(name, { count: count + 1, at: performance.now() });
  }
  // Fields of a closed section are drawn when it opens. Until then their first values would be sent.
  if (Object.keys(pending).some((name) => !(name in values)) && !hasOpenedAdvanced) {
    hasOpenedAdvanced = true;
    $("#advanced > button:not(.open)")?.click();
  }
  if (!Object.keys(pending).length || !$("#advanced")) return true;
  const fields = $$("#advanced .field");
  const areDrawn = fields.length > 0 && fields.every((field) => $("input, textarea, button", field));
  return areDrawn && !Object.keys(pending).some((name) => name in readForm());
}

// From then on a value that differs may be the user's.
const isShown = () => document.documentElement.classList.contains("there");

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
