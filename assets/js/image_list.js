// The images of a field: thumbnails to reorder and remove, files and addresses to add. The form holds them in a hidden
// input, so that whatever fills the form (a recipe, Undo, JSON) fills the list as well.
import { announce } from "./announcements.js";
import { onPress } from "./bridge.js";
import { onTick } from "./clock.js";
import { $, $$, createElement, setAttribute } from "./dom.js";
import { addErrorSource, refusedItems } from "./field_errors.js";
import { checkOf } from "./image_checks.js";
import { addressFault, blockOf, boundsOf, fieldNameOf, imageBoxes, moveItem, readEntries, writeEntries } from "./image_entries.js";
import { createImageList, createTile } from "./image_tiles.js";
import { installImageUpload, rejectReason, uploadImage } from "./image_upload.js";
import { onFrame, requestFrame } from "./rendering.js";

const rejectedFiles = new Map(); // name of a field → why files were not taken
const ignoredFiles = new Map(); // name of a field → which files are not used
const uploading = new Map(); // block → number of files on their way

const listOf = (box) => blockOf(box).nextElementSibling;
const boxOf = (list) => $("textarea, input", list.previousElementSibling);
const addTo = (map, name, text) => map.set(name, [...(map.get(name) || []), text]);

export function installImageLists() {
  installImageUpload();
  onPress(() => rejectedFiles.clear());
  addEventListener("formfill", ({ detail }) => detail.forEach(forgetFiles));
  addErrorSource((errors) => {
    for (const [name, texts] of rejectedFiles) errors[name] = [...texts, ...(errors[name] || [])];
  });
  onFrame(renderLists);
  onTick(renderLists); // the program writes values without a change of the page
  document.addEventListener("click", (event) => {
    const control = event.target.closest?.(".image-list [data-do]");
    if (control) LIST_ACTIONS[control.dataset.do](control.closest(".image-list"), control);
  });
  document.addEventListener("keydown", pressKeyInList);
  document.addEventListener("change", (event) => {
    const list = event.target.type === "file" && event.target.closest(".image-list");
    if (!list) return;
    addFiles(list, event.target.files);
    event.target.value = "";
  });
}

// ---- what the user does ----
const LIST_ACTIONS = {
  files: (list) => $("input[type=file]", list).click(),
  address: (list) => toggleAddress(list, true),
  add: addAddress,
  cancel: (list) => toggleAddress(list, false),
  left: (list, control) => moveBy(list, control, -1),
  right: (list, control) => moveBy(list, control, 1),
  remove: removeImage,
};

function pressKeyInList(event) {
  const list = event.target.closest?.(".image-list");
  if (!list) return;
  if (event.target.type === "url" && ["Enter", "Escape"].includes(event.key)) {
    event.preventDefault();
    event.stopPropagation();
    LIST_ACTIONS[event.key === "Enter" && !event.ctrlKey && !event.metaKey ? "add" : "cancel"](list);
  }
}

function forgetFiles(name) {
  rejectedFiles.delete(name);
  ignoredFiles.delete(name);
}

export async function addFiles(list, files) {
  const box = boxOf(list);
  const name = fieldNameOf(box);
  const { most, takesFiles } = boundsOf(box);
  forgetFiles(name);
  const good = [...files].filter((file) => {
    const reason = takesFiles ? rejectReason(file) : "is a file. This field takes addresses.";
    if (reason) addTo(rejectedFiles, name, `${files.length > 1 ? file.name : "This file"} ${reason}`);
    return !reason;
  });
  const room = most === 1 ? 1 : most - readEntries(box).length - (uploading.get(blockOf(box)) || 0);
  if (most === 1 && good.length > 1) ignoredFiles.set(name, [`Only ${good[0].name} of ${good.length} files is used.`]);
  else if (good.length > room) addTo(rejectedFiles, name, `At most ${most} images. Not added: ${good.slice(Math.max(room, 0)).map((file) => file.name).join(", ")}.`);
  requestFrame();
  await Promise.all(good.slice(0, Math.max(room, 0)).map((file) => addFile(box, name, file)));
}

async function addFile(box, name, file) {
  const block = blockOf(box);
  const count = (by) => uploading.set(block, (uploading.get(block) || 0) + by);
  count(1);
  renderLists();
  try {
    addEntry(box, { path: await uploadImage(file) });
  } catch (error) {
    addTo(rejectedFiles, name, `${file.name} ${error.message}`);
  }
  count(-1);
  requestFrame();
}

function addEntry(box, entry) {
  writeEntries(box, boundsOf(box).most === 1 ? [entry] : [...readEntries(box), entry]);
}

function toggleAddress(list, isOpen) {
  $(".address", list).hidden = !isOpen;
  const input = $("input[type=url]", list);
  input.value = "";
  $(".address p", list).textContent = "";
  (isOpen ? input : $("[data-do=address]", list)).focus();
}

function addAddress(list) {
  const input = $("input[type=url]", list);
  const fault = addressFault(input.value.trim());
  $(".address p", list).textContent = fault;
  setAttribute(input, "aria-invalid", Boolean(fault));
  if (fault) return input.focus();
  addEntry(boxOf(list), { address: input.value.trim() });
  toggleAddress(list, false);
  renderLists();
}

export function moveImage(list, from, to) {
  const box = boxOf(list);
  const entries = readEntries(box);
  if (from === to || to < 0 || to >= entries.length) return;
  writeEntries(box, moveItem(entries, from, to));
  announce(`Image ${from + 1} is now image ${to + 1}.`);
  renderLists();
}

function moveBy(list, control, by) {
  const from = Number(control.closest("li").dataset.index);
  moveImage(list, from, from + by);
  const tile = $$("li[data-index]", list)[from + by];
  const same = $(`[data-do=${control.dataset.do}]:not(:disabled)`, tile) || $("button:not(:disabled)", tile);
  same?.focus();
}

function removeImage(list, control) {
  const index = Number(control.closest("li").dataset.index);
  const box = boxOf(list);
  forgetFiles(fieldNameOf(box));
  writeEntries(box, readEntries(box).toSpliced(index, 1));
  renderLists();
  const next = $$("li[data-index]", list)[index] || $$("li[data-index]", list)[index - 1];
  (next ? $("[data-do=remove]", next) : $(".add button", list))?.focus();
}

// ---- what the page shows ----
function renderLists() {
  for (const box of imageBoxes()) {
    const list = listOf(box)?.matches(".image-list") ? listOf(box) : createImageList(box);
    const entries = readEntries(box);
    const busy = uploading.get(blockOf(box)) || 0;
    const faulty = refusedItems(fieldNameOf(box));
    const checks = entries.map(({ path }) => checkOf(path));
    const state = JSON.stringify([entries, busy, faulty, checks, ignoredFiles.get(fieldNameOf(box))]);
    if (list.state === state) continue;
    list.state = state;
    renderList(list, box, entries, busy, faulty);
    renderImageNotes(box, entries);
  }
}

function renderList(list, box, entries, busy, faulty) {
  const { least, most, takesFiles } = boundsOf(box);
  const tiles = entries.map((entry, index) => createTile(entry, index, entries.length, faulty.includes(String(index))));
  for (let count = 0; count < busy; count += 1) tiles.push(createElement("li", { className: "busy", textContent: "Uploading…" }));
  $("ol", list).replaceChildren(...tiles);
  list.classList.toggle("empty", !tiles.length);
  if (most === 1) $("[data-do=files]", list).textContent = entries.length ? "Replace image" : "Choose image";
  const isFull = most !== 1 && entries.length + busy >= most;
  for (const button of $$(".add button", list)) button.disabled = isFull;
  const bounds = !entries.length || most === 1 ? "" : most === Infinity ? `${entries.length}` : `${entries.length} of ${most}`;
  $(".count-note", list).textContent = entries.length && entries.length < least ? `${bounds}, at least ${least}` : bounds || (takesFiles && !tiles.length ? "or drop here" : "");
}

// One image has its note under it. Of several, only what is changed before they are sent.
function renderImageNotes(box, entries) {
  const hint = $(".hint", box.closest(".field"));
  const described = entries.map(({ path }, index) => {
    const { kind, text = "" } = checkOf(path) || {};
    if (kind !== "measure") return "";
    return entries.length === 1 ? text : text.includes(". ") ? `Image ${index + 1}: ${text.slice(text.indexOf(". ") + 2)}` : "";
  });
  const texts = [...described, ...(ignoredFiles.get(fieldNameOf(box)) || [])].filter(Boolean);
  for (const note of $$(".measure", hint)) note.remove();
  for (const textContent of texts) hint?.append(createElement("p", { className: "measure", textContent }));
}
