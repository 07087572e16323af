// The values of the form, as far as they may be kept: no secrets, no files.
import { $, $$, isWrittenByScript, nameOfField } from "./dom.js";
import { onFrame } from "./rendering.js";

const LEFT_OUT = ["password", "file", "number"];
const firstValues = {}; // what each field contained when it appeared
const appearedAt = {};
const typedTexts = new Map();
let latestFill = "";

export function readForm() {
  const values = {};
  for (const box of $$(".field :is(textarea, input)")) {
    if (box.closest(".images, .image-list")) continue;
    const name = nameOfField(box.closest(".field"));
    if (box.type === "checkbox") values[name] = box.checked;
    else if (box.type === "radio") box.checked && (values[name] = box.value);
    else if (!LEFT_OUT.includes(box.type)) values[name] ??= box.value;
  }
  for (const [name, value] of Object.entries(values)) {
    firstValues[name] ??= value;
    appearedAt[name] ??= performance.now();
  }
  return values;
}

export const changedValues = () => Object.entries(readForm()).filter(([name, value]) => value !== firstValues[name]);
export const fieldAge = (name) => performance.now() - appearedAt[name];

// The first value of a field is the one at its first appearance, however soon the user changes it.
export function recordFirstValues() {
  if ($("#generate")) readForm();
}

export const isTyped = (name, value) => typedTexts.get(name) === value;
export const markTyped = (name, value) => typedTexts.set(name, value);

export function installFormValues() {
  onFrame(noteFill);
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".field");
    if (field && !isWrittenByScript()) markTyped(nameOfField(field), event.target.value);
  });
}

// The program has put values into the form: its notice names the fields.
function noteFill() {
  const { answer, filled } = $("#notice [data-filled]")?.dataset || {};
  if (!answer || answer === latestFill) return;
  latestFill = answer;
  dispatchEvent(new CustomEvent("formfill", { detail: filled.split(" ") }));
}

// The images of the form, which are not kept.
export const readImages = () => $$(".field .images :is(textarea, input)").map((box) => box.value);
