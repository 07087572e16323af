// Buttons that write into fields, and what belongs under the fields.
import { send } from "./bridge.js";
import { $, $$, findField, findInput, findInputs, setAttribute, setField, setInput } from "./dom.js";
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
    if (!field || $(":scope > .hints", field)) continue;
    field.append(template.content.cloneNode(true));
    const range = $("[id^=input-] input[type=range]", field);
    if (range) range.tabIndex = -1; // the number beside it takes the keys
    if ("required" in template.dataset) for (const box of findInputs(template.dataset.under)) setAttribute(box, "aria-required", true);
  }
}

// Writes texts into fields. If that replaces a typed text, the program keeps the old texts for Undo.
function overwrite(by, texts) {
  const before = {};
  for (const [name, text] of Object.entries(texts)) {
    const value = findInput(name)?.value;
    if (value !== undefined && value !== String(text)) before[name] = value;
  }
  for (const name of Object.keys(before)) setField(name, String(texts[name]));
  const isLost = ([name, value]) => value.trim() && (name === "prompt" || isTyped(name, value));
  if (Object.entries(before).some(isLost)) send("snapshot", { by, before });
}

// Puts an earlier prompt into the form, with Undo for the present one.
export function overwritePrompt(text) {
  overwrite("prompts", { prompt: text });
  findInput("prompt")?.focus();
}

export function rollSeed() {
  overwrite("dice", { seed: String(crypto.getRandomValues(new Uint32Array(1))[0]) });
}

export function chooseShape({ value }) {
  overwrite("shape", { aspect_ratio: value });
  markShape();
}

export function swapSides() {
  const swapped = swapShape(findInput("aspect_ratio")?.value || "");
  if (swapped !== null) overwrite("swap", { aspect_ratio: swapped });
  markShape();
}

// The example's own finetune is used only if none is chosen.
export function useExample({ values }) {
  const { finetune_strength: strength, ...settings } = JSON.parse(values);
  const id = findInput("finetune_id")?.value || settings.finetune_id || "";
  const prompt = addTriggerWord(settings.prompt, triggerWordOf(id));
  const range = findInputs("finetune_strength").find((box) => box.type === "range");
  if (range && strength !== undefined) setInput(range, String(strength));
  overwrite("example", { ...settings, finetune_id: id, prompt });
  markShape();
  findInput("prompt")?.focus();
}

export function insertTriggerWord({ word }) {
  setField("prompt", addTriggerWord(findInput("prompt")?.value || "", word));
}
