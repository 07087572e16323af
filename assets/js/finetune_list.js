// The list of the account's finetunes at the finetune field. Any other id can be typed.
import { $, $$, createElement, findField, findInput, setAttribute, setField } from "./dom.js";
import { endpoints, shownPath } from "./endpoints.js";
import { chooseFitting } from "./finetune_fit.js";
import { isTyped } from "./form_values.js";
import { page } from "./page_state.js";
import { isRestorePending } from "./persistence.js";
import { onFrame } from "./rendering.js";

let activeOption = -1; // index of the option that the arrow keys have reached
let filledFrom = null; // the element with the finetunes that the list was made of
let filledFor = ""; // the endpoint for which a finetune was chosen
let chosenId = ""; // the finetune that the page has chosen

// The options that contain a text; all of them while the text is an id of the list.
export function filterFinetunes(finetunes, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted || finetunes.some(({ id }) => id.toLowerCase() === wanted)) return finetunes;
  return finetunes.filter(({ id, label }) => `${id} ${label}`.toLowerCase().includes(wanted));
}

export const readFinetunes = () =>
  $$("#finetunes option").map((option) => ({ id: option.value, label: option.getAttribute("label") || "", base: option.dataset.base }));

export function installFinetuneList() {
  onFrame(renderFinetuneList);
  document.addEventListener("input", (event) => event.isTrusted && isBox(event.target) && openList(event.target.value));
  document.addEventListener("click", (event) => {
    const option = event.target.closest?.("#finetune-list [role=option]");
    if (option) chooseFinetune(option.dataset.value);
    else if (!event.target.closest?.("#field-finetune_id")) closeFinetuneList();
    else if (isBox(event.target)) openList("");
  });
  document.addEventListener("mousedown", (event) => event.target.closest?.("#finetune-list") && event.preventDefault());
  document.addEventListener("focusout", (event) => {
    if (isBox(event.target) && !event.relatedTarget?.closest?.("#field-finetune_id")) closeFinetuneList();
  });
  document.addEventListener("keydown", handleKey, true);
}

export function toggleFinetuneList() {
  if (isListOpen()) closeFinetuneList();
  else {
    findInput("finetune_id")?.focus();
    openList("");
  }
}

// Returns whether the list was open.
export function closeFinetuneList() {
  const wasOpen = isListOpen();
  const list = $("#finetune-list");
  if (list) list.hidden = true;
  activeOption = -1;
  setAttribute(findInput("finetune_id"), "aria-expanded", false);
  findInput("finetune_id")?.removeAttribute("aria-activedescendant");
  return wasOpen;
}

const isBox = (target) => target === findInput("finetune_id");
const isListOpen = () => Boolean($("#finetune-list:not([hidden])"));

function chooseFinetune(id) {
  setField("finetune_id", id);
  closeFinetuneList();
}

function openList(text) {
  const list = $("#finetune-list");
  const finetunes = filterFinetunes(readFinetunes(), text);
  if (!list || !finetunes.length) {
    closeFinetuneList();
    return;
  }
  const current = findInput("finetune_id").value.trim();
  list.replaceChildren(...finetunes.map(({ id, label }, number) => {
    const option = createElement("li", { id: `finetune-${number}` });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", String(id === current));
    option.dataset.value = id;
    option.append(createElement("b", { textContent: id }), createElement("span", { textContent: label }));
    return option;
  }));
  list.hidden = false;
  activeOption = -1;
  setAttribute(findInput("finetune_id"), "aria-expanded", true);
}

function handleKey(event) {
  if (!isBox(event.target)) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const options = $$("#finetune-list [role=option]");
  if (step && !isListOpen()) openList("");
  else if (step) {
    activeOption = (activeOption + step + options.length) % options.length;
    for (const [number, option] of options.entries()) setAttribute(option, "aria-selected", number === activeOption);
    options[activeOption].scrollIntoView({ block: "nearest" });
    setAttribute(event.target, "aria-activedescendant", options[activeOption].id);
  } else if (event.key === "Enter" && isListOpen() && activeOption >= 0 && !event.ctrlKey && !event.metaKey) {
    chooseFinetune(options[activeOption].dataset.value);
  } else if (!(event.key === "Escape" && closeFinetuneList())) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// Another organization's finetune or a new one is in no list, so the note is only a hint.
export const isUnknown = (id, finetunes) => Boolean(id.trim()) && finetunes.length > 0 && !finetunes.some((known) => known.id === id.trim());

function noteUnknown(field, box, finetunes) {
  const isShown = isUnknown(box.value, finetunes) && document.activeElement !== box;
  const note = $(".unlisted", field);
  if (isShown === Boolean(note)) return;
  if (note) note.remove();
  else $(".hint", field)?.append(createElement("p", { className: "unlisted", textContent: "Not in this account's list" }));
}

function renderFinetuneList() {
  const box = findInput("finetune_id");
  const field = findField("finetune_id");
  const opener = $("[data-act=finetunes]", field || document);
  const source = $("#finetunes");
  if (!box || !opener || !source) return;
  if (!$("#finetune-list", field)) {
    const list = createElement("ul", { id: "finetune-list", hidden: true, tabIndex: -1 });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Finetunes of this account");
    field.append(list);
    box.autocomplete = "off";
  }
  const finetunes = readFinetunes();
  opener.hidden = !finetunes.length;
  noteUnknown(field, box, finetunes);
  if (finetunes.length) {
    setAttribute(box, "role", "combobox");
    setAttribute(box, "aria-autocomplete", "list");
    setAttribute(box, "aria-controls", "finetune-list");
    if (!box.hasAttribute("aria-expanded")) setAttribute(box, "aria-expanded", false);
  }
  if (page.isSwitching || (filledFrom === source && filledFor === shownPath())) return;
  filledFrom = source;
  filledFor = shownPath();
  // The only finetune is chosen, and the first one of the demo, unless something was typed.
  const isObvious = finetunes.length === 1 || (finetunes.length && $(".connection")?.dataset.who === "demo");
  const isOpen = ["", chosenId].includes(box.value) && !isTyped("finetune_id", box.value) && !isRestorePending("finetune_id");
  const fitting = isObvious && isOpen && chooseFitting(finetunes, filledFor, endpoints());
  if (!fitting) return;
  chosenId = fitting.id;
  setField("finetune_id", chosenId);
}
