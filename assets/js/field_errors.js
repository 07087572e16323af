// Errors at the fields and in the box at the button. The error of a field disappears when the user changes the field.
import { aboutId } from "./about.js";
import { $, $$, createElement, findInputs, nameOfField, nameOfHint, setAttribute } from "./dom.js";
import { onFrame, requestFrame } from "./rendering.js";

const errorSources = [];
const changedFields = new Map(); // name of a field → the answer of the program whose errors are no longer about its value

// The source adds its errors to an object of lists of texts by field name.
export const addErrorSource = (source) => errorSources.push(source);

export function installFieldErrors() {
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".field");
    if (field) hideErrors(nameOfField(field));
  });
  addEventListener("formfill", ({ detail }) => detail.forEach(hideErrors));
  addErrorSource((errors) => {
    for (const row of $$("#faults li")) {
      const name = row.dataset.field;
      if (changedFields.get(name) !== currentAnswer()) (errors[name] ??= []).push(row.textContent);
    }
  });
  onFrame(renderErrors);
  onFrame(describeInputs);
}

const currentAnswer = () => $("#faults")?.dataset.answer;

// The indices of the images of a field that the program has refused.
export const refusedItems = (name) =>
  changedFields.get(name) === currentAnswer() ? [] : $$(`#faults [data-field="${CSS.escape(name)}"]`).map((row) => row.dataset.item);

function hideErrors(name) {
  changedFields.set(name, currentAnswer());
  for (const link of $$(`.reasons [data-field="${CSS.escape(name)}"]`)) {
    const box = link.closest(".reasons");
    link.closest("li").remove();
    if (!$("li", box)) box.remove();
  }
  requestFrame();
}

function renderErrors() {
  const errors = {};
  for (const addErrors of errorSources) addErrors(errors);
  for (const hint of $$(".hint")) {
    const texts = errors[nameOfHint(hint)] || [];
    hint.closest(".field")?.toggleAttribute("data-faulty", texts.length > 0);
    const shown = $$(":scope > .fault", hint);
    if (shown.map((element) => element.textContent).join("\n") === texts.join("\n")) continue;
    for (const element of shown) element.remove();
    hint.prepend(...texts.map((textContent) => createElement("p", { className: "fault", textContent })));
  }
}

function describeInputs() {
  for (const hint of $$(".hint")) {
    const isInvalid = Boolean($(".fault", hint));
    for (const list of $$(".image-list", hint.closest(".field") || hint)) {
      setAttribute(list, "aria-describedby", `${aboutId(nameOfHint(hint))} ${hint.id}`.trim());
    }
    for (const box of findInputs(nameOfHint(hint))) {
      if (box.type?.startsWith("text") && box.dir !== "auto") box.dir = "auto"; // the text may read from right to left
      setAttribute(box, "aria-describedby", `${aboutId(nameOfHint(hint))} ${hint.id}`.trim());
      setAttribute(box, "aria-invalid", isInvalid);
    }
  }
}
