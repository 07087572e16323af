// Finds elements of the page, and writes into inputs in a way that Gradio notices.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export const findField = (name) => document.getElementById(`field-${name}`);
export const findHint = (name) => document.getElementById(`hint-${name}`);
export const findInputs = (name) => $$(`#input-${CSS.escape(name)} :is(textarea, input)`);
export const findInput = (name) => findInputs(name)[0];
export const nameOfField = (field) => field.id.slice("field-".length);
export const nameOfHint = (hint) => hint.id.slice("hint-".length);

export const createElement = (tag, properties) => Object.assign(document.createElement(tag), properties);

export function setAttribute(element, name, value) {
  if (element && element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

let isScriptWriting = false;

// Whether the input event under way comes from `setInput`, not from the user.
export const isWrittenByScript = () => isScriptWriting;

// The framework replaces the `value` property of an input; only the setter of its prototype is noticed.
export function writeValue(box, text) {
  const type = box.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(type.prototype, "value").set.call(box, text);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

export function setInput(box, text) {
  isScriptWriting = true;
  writeValue(box, text);
  isScriptWriting = false;
}

export function setField(name, text) {
  const box = findInput(name);
  if (box) setInput(box, text);
}
