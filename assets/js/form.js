// Buttons that write into fields, and what belongs under the fields.
import { showToast } from "./announcements.js";
import { send } from "./bridge.js";
import { $, $$, findField, findInput, setField } from "./dom.js";
import { isTyped } from "./form_values.js";
import { onFrame } from "./rendering.js";
import { markShape, swapShape } from "./shape.js";
import { addTriggerWord, triggerWordOf } from "./trigger_word.js";

export function installForm() {
  onFrame(markShape);
  document.addEventListener("input", (event) => {
    if (event.target.closest?.("#field-aspect_ratio")) markShape();
  });
}

// Gradio draws the fields; the form brings one template for each field with what belongs under it.
export function fillUnderFields() {
  for (const template of $$("template[data-under]")) {
    const field = findField(template.dataset.under);
    if (field && !$(":scope > .hints", field)) field.append(template.content.cloneNode(true));
  }
}

// Writes texts into fields. If that replaces a typed text, the program keeps the old texts for Undo.
function overwrite(by, texts) {
  const before = {};
  for (const [name, text] of Object.entries(texts)) {
    const value = findInput(name)?.value;
    if (value !== undefined && value !== text) before[name] = value;
  }
  for (const name of Object.keys(before)) setField(name, texts[name]);
  const isLost = ([name, value]) => value.trim() && (name === "prompt" || isTyped(name, value));
  if (Object.entries(before).some(isLost)) send("snapshot", { by, before });
}

export function rollSeed() {
  overwrite("dice", { seed: String(crypto.getRandomValues(new Uint32Array(1))[0]) });
}

export function reuseSeed() {
  const shown = $("#stage [data-seed]");
  if (shown) overwrite("reuse", { seed: shown.dataset.seed });
  showToast(shown ? "Seed copied to the form." : "No image yet.", { silent: !shown });
}

export const clearField = ({ field }) => overwrite("clear", { [field]: "" });

export function chooseShape({ value }) {
  overwrite("shape", { aspect_ratio: value });
  markShape();
}

export function swapSides() {
  const swapped = swapShape(findInput("aspect_ratio")?.value || "");
  if (swapped !== null) overwrite("swap", { aspect_ratio: swapped });
  markShape();
}

export function useExample({ prompt, finetune }) {
  const id = findInput("finetune_id")?.value || finetune || "";
  overwrite("example", { finetune_id: id, prompt: addTriggerWord(prompt, triggerWordOf(id)) });
  findInput("prompt")?.focus();
}

export function insertTriggerWord({ word }) {
  setField("prompt", addTriggerWord(findInput("prompt")?.value || "", word));
}
