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

// The input of a field that takes a text: of a slider, the slider itself.
const writableInput = (name) => findInputs(name).find((box) => box.type === "range") || findInput(name);
const contentOf = (box) => (box.type === "range" ? Number(box.value) : box.value);

// Writes values into fields. If that replaces a typed value, the program keeps the old values for Undo.
function overwrite(by, values) {
  const before = {};
  for (const [name, value] of Object.entries(values)) {
    const box = writableInput(name);
    if (!box || box.value === String(value)) continue;
    before[name] = contentOf(box);
    setInput(box, String(value));
  }
  const isLost = ([name, value]) => String(value).trim() && (name === "prompt" || isTyped(name, String(value)));
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
  const settings = JSON.parse(values);
  const id = findInput("finetune_id")?.value || settings.finetune_id || "";
  const prompt = addTriggerWord(settings.prompt, triggerWordOf(id));
  overwrite("example", { ...settings, finetune_id: id, prompt });
  markShape();
  findInput("prompt")?.focus();
}

export function insertTriggerWord({ word }) {
  setField("prompt", addTriggerWord(findInput("prompt")?.value || "", word));
}
