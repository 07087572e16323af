// Gradio moves a typed number into its bounds when the field loses the focus. The page shows that, and holds back the
// next press, so that no value is sent that the user has not seen.
import { showToast } from "./announcements.js";
import { addPressCheck } from "./bridge.js";
import { $, $$, createElement, findField, findHint, nameOfField } from "./dom.js";
import { goToField } from "./scrolling.js";

const RESET_MILLISECONDS = 50; // after the change of the field itself
const changedNumbers = new Set(); // names of the fields whose number was changed
const typedNumbers = new WeakMap(); // input → the text in it

// What is shown at the field; "" if the typed number stays.
export function boundMessage(typed, low, high) {
  if (typed === "") return "The field was empty. Set to its default.";
  if (Number(typed) > high) return `Set to ${high} (maximum). You typed ${typed}.`;
  if (Number(typed) < low) return `Set to ${low} (minimum). You typed ${typed}.`;
  return "";
}

export function installNumberBounds() {
  addPressCheck(holdBackChangedNumber);
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".field");
    if (!field) return;
    forgetMessage(nameOfField(field));
    if (event.isTrusted && event.target.type === "number") typedNumbers.set(event.target, event.target.value);
  }, true);

  addEventListener("formfill", ({ detail }) => detail.forEach(forgetMessage));
  document.addEventListener("focusout", (event) => {
    const box = event.target;
    const typed = typedNumbers.get(box);
    const field = box.closest?.(".field");
    if (typed === undefined || !field) return;
    typedNumbers.delete(box);
    const range = $("input[type=range]", field);
    if (!range) return;
    const message = boundMessage(typed, Number(range.min), Number(range.max));
    if (typed === "") setTimeout(() => $("[data-testid=reset-button]", field)?.click(), RESET_MILLISECONDS);
    if (message) showMessage(nameOfField(field), message);
  }, true);
}

function forgetMessage(name) {
  changedNumbers.delete(name);
  $(".moved", findField(name) || document.createElement("i"))?.remove();
}

function showMessage(name, text) {
  changedNumbers.add(name);
  const hint = findHint(name);
  if (!hint) return;
  $(".moved", hint)?.remove();
  const message = createElement("p", { className: "moved", textContent: text });
  message.setAttribute("role", "alert");
  hint.prepend(message);
}

// Whether a press is held back: the page goes to the first changed field instead.
function holdBackChangedNumber() {
  const [name] = changedNumbers;
  if (name === undefined) {
    for (const message of $$(".moved")) message.remove();
    return false;
  }
  changedNumbers.clear();
  goToField(name);
  showToast("A value was changed. Check it, then press again.");
  return true;
}
