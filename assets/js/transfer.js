// Exports chosen images, and imports images and archives from other machines.
import { showToast } from "./announcements.js";
import { readFilters } from "./address_state.js";
import { $, createElement } from "./dom.js";
import { refreshGallery } from "./gallery.js";
import { fillFilters } from "./gallery_filters.js";
import { page } from "./page_state.js";
import { saveResponse } from "./save_file.js";
import { selectedIds } from "./selection.js";
import { request } from "./visit_fetch.js";

let importDialog = null;
let isImporting = false;

export function installTransfer() {
  document.addEventListener("drop", (event) => {
    if (page.view !== "gallery" || !("imports" in $("#gallery").dataset) || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    collectFiles(event.dataTransfer).then(importImages);
  }, true);
}

export function exportImages({ format }) {
  const ids = selectedIds();
  const values = { format, token: page.token, ids: ids.join(","), filters: ids.length ? "" : `${readFilters(location.search)}`, tz: new Date().getTimezoneOffset() };
  saveResponse("gallery/export", values);
  showToast(ids.length ? `Exporting ${ids.length} selected…` : "Exporting all images found…");
}

export function chooseImportFiles() {
  const box = createElement("input", { type: "file", multiple: true, accept: "image/*,.zip" });
  box.addEventListener("change", () => importImages([...box.files]));
  box.click();
}

// The files of a drop, those in folders included.
async function collectFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const files = [];
  async function collect(entry) {
    if (entry.isFile) files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    else {
      const reader = entry.createReader();
      for (;;) {
        const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!part.length) break;
        for (const one of part) await collect(one);
      }
    }
  }
  for (const entry of entries) await collect(entry);
  return files;
}

async function importImages(files) {
  if (!files.length || isImporting) return;
  isImporting = true;
  const total = { added: 0, known: 0, rejected: [] };
  const isRecipe = ({ name }) => name.endsWith(".json"); // it completes the record of its image
  files = [...files].sort((one, other) => isRecipe(one) - isRecipe(other));
  for (const [place, file] of files.entries()) {
    showProgress(place, files.length, total);
    const name = encodeURIComponent(file.webkitRelativePath || file.name);
    const address = `gallery/import?name=${name}&modified=${file.lastModified}`;
    const refuse = (text) => total.rejected.push([file.name, text]);
    const response = await request(address, { file, onRefused: refuse });
    if (!response) continue;
    const report = await response.json();
    total.added += report.added;
    total.known += report.known;
    total.rejected.push(...report.rejected);
  }
  isImporting = false;
  showReport(total);
  refreshGallery();
  fillFilters({ again: true });
}

// What an import did, in words.
export function describeImport({ added, known, rejected }) {
  const parts = [`${added} ${added === 1 ? "image" : "images"} added`];
  if (known) parts.push(`${known} already here`);
  if (rejected.length) parts.push(`${rejected.length} rejected`);
  return `${parts.join(", ")}.`;
}

function openImportDialog() {
  if (!importDialog) {
    importDialog = createElement("dialog", { id: "import-report" });
    importDialog.setAttribute("aria-label", "Import");
    document.body.append(importDialog);
  }
  if (!importDialog.open) importDialog.showModal();
}

function showProgress(place, count, total) {
  openImportDialog();
  importDialog.replaceChildren(createElement("p", { textContent: `Importing ${place + 1} of ${count} files… ${describeImport(total)}` }));
}

function showReport(total) {
  const list = createElement("ul");
  for (const [name, sentence] of total.rejected.slice(0, 100)) {
    const item = createElement("li");
    item.append(createElement("b", { textContent: name }), ` ${sentence}`);
    list.append(item);
  }
  const button = createElement("button", { type: "button", className: "solid", textContent: "Close" });
  button.addEventListener("click", () => importDialog.close());
  importDialog.replaceChildren(createElement("p", { textContent: describeImport(total) }), list, button);
  button.focus();
}
