// The axes of the sweep panel: a field, a way to write the values, and the values.
import { showToast } from "./announcements.js";
import { $, $$, createElement } from "./dom.js";

const MAX_AXES = 3;
const KIND_EXAMPLES = { replace: "cat -> dog, horse", table: "prompt,seed\na mill,1\na lake,2" };

export const axisItems = () => $$(".sweep-panel .axes > li");

export function addAxis(axis = {}) {
  if (axisItems().length >= MAX_AXES) {
    showToast("A sweep has at most three axes.");
    return null;
  }
  const item = $(".sweep-panel template.axis").content.cloneNode(true).firstElementChild;
  $(".sweep-panel .axes").append(item);
  fillAxis(item, axis);
  return item;
}

export function fillAxis(item, { field = "", text = "", kind = "values" }) {
  item.dataset.field = field; // until the fields of the endpoint are known
  $("[name=field]", item).value = field;
  $("[name=kind]", item).value = kind;
  $("textarea", item).value = text;
  fitHeight($("textarea", item));
}

export function replaceAxes(axes) {
  $(".sweep-panel .axes").replaceChildren();
  for (const axis of axes) addAxis(axis);
}

export function fitHeight(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(240, box.scrollHeight + 2)}px`;
}

// The axes of the panel as they are sent.
export const readAxes = () => axisItems().map(readAxis);

export function readAxis(item) {
  const kind = $("[name=kind]", item).value;
  return { field: kind === "table" ? "" : $("[name=field]", item).value || item.dataset.field || "", text: $("textarea", item).value, kind };
}

export function fillFields(item, fields) {
  const menu = $("[name=field]", item);
  const wanted = menu.value || item.dataset.field;
  const before = [...menu.options].map((option) => option.value).join();
  if (before !== fields.map(([name]) => name).join()) {
    menu.replaceChildren(...fields.map(([name, label]) => createElement("option", { value: name, textContent: label })));
  }
  if (fields.some(([name]) => name === wanted)) menu.value = wanted;
  else if (!menu.value && fields.length) menu.value = fields[0][0];
  const kind = $("[name=kind]", item).value;
  menu.closest("label").hidden = kind === "table";
  const [, , example, choices] = fields.find(([name]) => name === menu.value) || [];
  showChoices(item, kind === "values" && choices ? choices : []);
  $("[data-act=sweep-values]", item).textContent = kind === "table" || menu.value.includes("prompt") ? "Prompt sets" : "Saved values";
  $("textarea", item).placeholder = KIND_EXAMPLES[kind] || example || "";
}

// What the program says of each axis, below it.
export function showAxisNotes(notes) {
  axisItems().forEach((item, place) => {
    const note = $(".note", item);
    const isEmpty = !$("textarea", item).value.trim();
    note.textContent = isEmpty ? "" : notes[place]?.textContent || "";
    $(".warning", item).textContent = isEmpty ? "" : notes[place]?.dataset.warning || "";
    note.classList.toggle("fault", !isEmpty && Boolean(notes[place]?.hasAttribute("data-fault")));
  });
}

const splitValues = (text) => text.split(/[,;\n]/).map((value) => value.trim().replace(/^"(.*)"$/, "$1")).filter(Boolean);

// The values that can be ticked, below the text that has them.
function showChoices(item, choices) {
  const place = $(".choices", item);
  if (place.dataset.known !== choices.join("\n")) {
    place.dataset.known = choices.join("\n");
    place.replaceChildren(...choices.map((value) => {
      const label = createElement("label", { textContent: value });
      label.prepend(createElement("input", { type: "checkbox", name: "axis-choice", value }));
      return label;
    }));
  }
  const chosen = splitValues($("textarea", item).value);
  for (const box of $$("input", place)) box.checked = chosen.includes(box.value);
}

// Writes a value into the text when it is ticked, and takes it out again.
export function tickValue(box) {
  const text = $("textarea", box.closest("li"));
  const others = splitValues(text.value).filter((value) => value !== box.value);
  text.value = [...others, ...(box.checked ? [box.value] : [])].join(", ");
  fitHeight(text);
}
