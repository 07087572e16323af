// Errors at the fields and in the box at the button. The error of a field disappears when the user changes the field.
import { aboutId } from "./about.js";
import { onPress } from "./bridge.js";
import { $, $$, createElement, findField, findInputs, nameOfField, nameOfHint, setAttribute } from "./dom.js";
import { onFrame } from "./rendering.js";

const errorSources = [];
let filledInputs = "";

// The source adds its errors to an object of lists of texts by field name.
export const addErrorSource = (source) => errorSources.push(source);

export function installFieldErrors() {
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".field");
    if (field) hideErrors(field);
  });
  onPress(() => {
    for (const field of $$(".mended")) field.classList.remove("mended");
  });
  addErrorSource((errors) => {
    for (const row of $$("#faults li")) (errors[row.dataset.field] ??= []).push(row.textContent);
  });
  onFrame(renderErrors);
  onFrame(hideErrorsOfFilledFields);
  onFrame(describeInputs);
}

export function hideErrors(field) {
  field.classList.add("mended");
  for (const link of $$(`.reasons [data-field="${CSS.escape(nameOfField(field))}"]`)) {
    const box = link.closest(".reasons");
    link.closest("li").remove();
    if (!$("li", box)) box.remove();
  }
}

export const showErrors = (name) => findField(name)?.classList.remove("mended");

function renderErrors() {
  const errors = {};
  for (const addErrors of errorSources) addErrors(errors);
  for (const hint of $$(".hint")) {
    const texts = errors[nameOfHint(hint)] || [];
    const shown = $$(":scope > .fault", hint);
    if (shown.map((element) => element.textContent).join("\n") === texts.join("\n")) continue;
    for (const element of shown) element.remove();
    hint.prepend(...texts.map((textContent) => createElement("p", { className: "fault", textContent })));
  }
}

// The notice about a filled form names the inputs.
function hideErrorsOfFilledFields() {
  const names = $("#notice [data-filled]")?.dataset.filled || "";
  if (names === filledInputs) return;
  filledInputs = names;
  for (const name of names.split(" ").filter(Boolean)) {
    const field = $(`#input-${CSS.escape(name)}`)?.closest(".field");
    if (field) hideErrors(field);
  }
}

function describeInputs() {
  for (const hint of $$(".hint")) {
    const isInvalid = Boolean($(".fault", hint)) && !hint.closest(".field.mended");
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
