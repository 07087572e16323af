// The form survives a reload. Secrets and images are not kept.
import { isReady } from "./bridge.js";
import { onTick } from "./clock.js";
import { $, $$, findInputs, setField, setInput } from "./dom.js";
import { changedValues, fieldAge, markTyped, readForm } from "./form_values.js";
import { page } from "./page_state.js";
import { markShape } from "./shape.js";
import { localStore } from "./storage.js";

const FORM_KEY = "flux-form";
const SETTLING_MILLISECONDS = 50; // a field that has just appeared may lose a choice that is made at once
let pending = null; // kept values whose fields are not on the page yet
let savedText = "";
let hasOpenedAdvanced = false;

export const hasKeptForm = () => localStore.names().some((name) => name.startsWith(FORM_KEY));

export function installPersistence() {
  onTick(restoreForm);
  onTick(saveForm);
}

function saveForm() {
  if (!pending || page.isSwitching) return;
  const text = JSON.stringify({ ...pending, ...Object.fromEntries(changedValues()) });
  if (text === (savedText || "{}")) return; // without a change nothing is kept, and the next visit waits for nothing
  savedText = text;
  localStore.set(FORM_KEY + page.endpoint, text);
}

function readKept() {
  try {
    return Object(JSON.parse(localStore.get(FORM_KEY + page.endpoint) || "{}"));
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
    if (values[name] !== value) restoreField(name, value);
    delete pending[name];
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

function restoreField(name, value) {
  const boxes = findInputs(name);
  const choice = boxes.find((box) => box.type === "radio" && box.value === value);
  const range = boxes.find((box) => box.type === "range");
  if (boxes[0]?.type === "checkbox" || choice) (choice || boxes[0]).click();
  else if (range) setInput(range, value);
  else if (boxes[0]?.type !== "radio") {
    setField(name, value);
    markTyped(name, value);
  }
  markShape();
}
