// Files in the image fields. The program checks an image as soon as it is in its field; its notes appear at the field.
import { isReady, onPress, send } from "./bridge.js";
import { $, $$, createElement, nameOfField } from "./dom.js";
import { addErrorSource, hideErrors, showErrors } from "./field_errors.js";
import { page } from "./page_state.js";
import { onFrame, requestFrame } from "./rendering.js";

let check = 0; // number of the latest check; notes with another number are about other images
let renderedCheck = 0;
let checkedUrls = new Map(); // field → addresses of its images at the latest check
const rejectedFiles = new Map(); // field → why its file was rejected
const ignoredFiles = new Map(); // field → which of several files is used

const urlsOf = (field) => $$("img[src], .file-preview a[href]", field).map((link) => link.src || link.href).join(" ");

export function installImageInputs() {
  onPress(() => rejectedFiles.clear());
  addErrorSource((errors) => {
    for (const row of $$(`#image-notes[data-check="${check}"] [data-kind=fault]`)) {
      const texts = (errors[row.dataset.field] ??= []);
      if (!texts.includes(row.textContent)) texts.push(row.textContent);
    }
    for (const [name, text] of rejectedFiles) errors[name] = [text];
  });
  onFrame(checkImages);
  onFrame(renderNotes);
  window.addEventListener("drop", (event) => receiveFiles(event, event.dataTransfer?.files), true);
  window.addEventListener("change", (event) => {
    if (event.target.type === "file") receiveFiles(event, event.target.files);
  }, true);
}

function checkImages() {
  const fields = $$(".image-field");
  const changed = fields.filter((field) => urlsOf(field) !== (checkedUrls.get(field.id) || ""));
  if (!changed.length || !isReady() || page.isSwitching) return;
  checkedUrls = new Map(fields.map((field) => [field.id, urlsOf(field)]));
  check += 1;
  for (const field of changed) {
    rejectedFiles.delete(nameOfField(field));
    if (!urlsOf(field)) ignoredFiles.delete(nameOfField(field));
    hideErrors(field);
  }
  if (fields.some(urlsOf)) send("checkimages", { check });
}

function renderNotes() {
  const list = $("#image-notes");
  const isCurrent = list?.dataset.check === String(check);
  if (isCurrent && renderedCheck !== check) {
    renderedCheck = check;
    for (const row of $$("[data-kind=fault]", list)) showErrors(row.dataset.field);
  }
  for (const field of $$(".image-field")) {
    const name = nameOfField(field);
    const rows = isCurrent ? $$(`[data-field="${CSS.escape(name)}"][data-kind=measure]`, list) : [];
    const texts = [...rows.map((row) => row.textContent), ignoredFiles.get(name) || ""].filter(Boolean);
    const notes = $$(".measure", field);
    if (notes.map((note) => note.textContent).join("\n") === texts.join("\n")) continue;
    for (const note of notes) note.remove();
    for (const textContent of texts) {
      $(".hint", field)?.append(createElement("p", { className: "measure", textContent }));
    }
  }
}

// Gradio silently uses one of several files, and reports a wrong file type far from the field.
function receiveFiles(event, files) {
  const field = event.target.closest?.(".image-field");
  if (!field || !files?.length) return;
  const name = nameOfField(field);
  const takesSeveral = Boolean($("input[type=file][multiple]", field));
  const used = takesSeveral ? [...files] : [files[0]];
  const wrong = used.find((file) => file.type && !file.type.startsWith("image/"));
  rejectedFiles.delete(name);
  ignoredFiles.delete(name);
  if (wrong) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.type === "change") event.target.value = "";
    const subject = used.length > 1 ? wrong.name : "This file";
    rejectedFiles.set(name, `${subject} is not an image. Choose a JPEG, PNG or WebP file.`);
    showErrors(name);
  } else if (!takesSeveral && files.length > 1) {
    ignoredFiles.set(name, `Only ${files[0].name} of ${files.length} files is used.`);
  }
  requestFrame();
}
