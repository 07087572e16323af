// Imports settings: what is dropped, pasted or linked is sent to the program, which reads it.
import { showToast } from "./announcements.js";
import { isReady, send } from "./bridge.js";
import { onTick } from "./clock.js";
import { $, $$, createElement, setField, writeValue } from "./dom.js";
import { withEndpoint } from "./endpoints.js";
import { uploadFile } from "./image_upload.js";
import { page } from "./page_state.js";
import { onFrame } from "./rendering.js";
import { IMAGE_PARAMETER } from "./session.js";

const MAX_IMPORT_BYTES = 100_000_000;
const MAX_TEXT_LENGTH = 250_000;
const RESTORE_MILLISECONDS = 800; // in which the form gets its kept values
const WRITE_MILLISECONDS = 300; // in which a restored text reaches the program
const OVERLAY_MILLISECONDS = 400; // without a drag event
let isOwnDrag = false;
let isLinkPending = false;
let linkText = "";
let overlayTimer = 0;

export const isRecipe = (text) => text.includes("flux_playground_recipe") || /^\S+\?\S*\brecipe=\d+$/.test(text.trim());
export const isSettings = (text) =>
  isRecipe(text) || /[{}]|https?:\/\/|\bcurl\b|\bSteps: ?\d|Negative prompt:/.test(text);

const isCode = (text) =>
  /^\s*curl\b|\bx-key\b|\b(requests|httpx|axios)\.post\(|\bfetch\(|Invoke-(RestMethod|WebRequest)|"finetune_id"\s*:/i.test(text);

export function installImport() {
  const query = new URLSearchParams(location.search);
  isLinkPending = query.has("recipe");
  query.delete(IMAGE_PARAMETER); // the shown image, which is no setting
  linkText = `?${query}`;
  onTick(importLink);
  onFrame(openNewDialogs);
  document.addEventListener("dragstart", () => (isOwnDrag = true));
  document.addEventListener("dragend", () => (isOwnDrag = false));
  document.addEventListener("dragover", showOverlay);
  document.addEventListener("drop", importDrop, true);
  document.addEventListener("paste", importPaste);
  document.addEventListener("change", ({ target }) => {
    if (target.id !== "open") return;
    openFile(target.files[0]);
    target.value = "";
  });
}

export function createDropOverlay() {
  const overlay = createElement("div", { id: "veil", hidden: true });
  overlay.innerHTML = "<p><b>Drop to import settings</b><span>An image, recipe, link or code.</span></p>";
  document.body.append(overlay);
}

export const chooseSettingsFile = () => $("#open").click();

async function openFile(file) {
  if (file.size > MAX_IMPORT_BYTES) {
    showToast("The file is larger than 100 MB.");
    return;
  }
  showToast("Loading…");
  try {
    send("dropped", { path: await uploadFile(file) });
  } catch (error) {
    showToast(`${file.name} ${error.message}`);
  }
}

function openText(text) {
  if (text.length > MAX_TEXT_LENGTH) showToast("The text has more than 250,000 characters.");
  else send("paste", { text });
}

// ---- a link with settings ----
function importLink() {
  if (!isLinkPending || !isReady() || page.isSwitching || !$("#generate")) return;
  isLinkPending = false;
  setTimeout(() => {
    send("openlink", { text: linkText.slice(0, MAX_TEXT_LENGTH) });
    if (!$("dialog.sheet[open]")) removeRecipeFromAddress();
  }, RESTORE_MILLISECONDS);
}

// After the dialog was closed, a reload does not import the link again.
function removeRecipeFromAddress() {
  const url = new URL(location.href);
  if (!url.searchParams.has("recipe")) return;
  history.replaceState(null, "", url.pathname + (page.endpoint ? `?endpoint=${page.endpoint}` : ""));
}

// ---- the dialog ----
function openNewDialogs() {
  for (const dialog of $$("dialog.sheet:not([data-seen])")) {
    dialog.dataset.seen = "1";
    dialog.addEventListener("close", removeRecipeFromAddress);
    dialog.showModal();
    $(".offers button", dialog)?.focus();
  }
}

export const closeDialog = (_, control) => control?.closest("dialog")?.close();

export function applyImport(data, control) {
  send("apply");
  closeDialog(data, control);
}

export function useAsImagePrompt(data, control) {
  send("asimage", data);
  closeDialog(data, control);
}

// Settings for another endpoint are imported again with the form of that endpoint.
export function openElsewhere(data, control) {
  closeDialog(data, control);
  withEndpoint(data.path, () => send("reopen"));
}

export function showImported(data, control) {
  send("show", data);
  closeDialog(data, control);
  control?.closest(".offer")?.remove();
}

// ---- drag and drop ----
// Image fields and text inputs handle drops and pastes of their kind themselves.
const isFileInput = (target) => target.closest?.(".image-field");
const textInputAt = (target) =>
  target.closest?.("input:not([type=file], [type=checkbox], [type=radio], [type=range]), textarea");
const hasSettings = (event) =>
  !isOwnDrag && ["Files", "text/uri-list"].some((type) => event.dataTransfer?.types.includes(type));

function setOverlay(isVisible) {
  clearTimeout(overlayTimer);
  const overlay = $("#veil");
  if (overlay) overlay.hidden = !isVisible;
}

function showOverlay(event) {
  if (!hasSettings(event)) return;
  const isFieldDrop = isFileInput(event.target);
  if (!isFieldDrop) event.preventDefault();
  setOverlay(!isFieldDrop);
  overlayTimer = setTimeout(() => setOverlay(false), OVERLAY_MILLISECONDS);
}

function importDrop(event) {
  setOverlay(false);
  if (!hasSettings(event) || isFileInput(event.target)) return;
  const { files } = event.dataTransfer;
  const text = event.dataTransfer.getData("text/uri-list") || event.dataTransfer.getData("text/plain");
  if (!files[0] && (!text || textInputAt(event.target))) return;
  event.preventDefault();
  event.stopPropagation();
  const [name, count] = [files[0]?.name, files.length];
  if (files[0]) openFile(files[0]);
  else openText(text.split("\n")[0]);
  if (count > 1) showToast(`Only ${name} of ${count} files is imported.`);
}

// ---- paste ----
function importPaste(event) {
  if ($("dialog[open]") || isFileInput(event.target)) return;
  const file = event.clipboardData?.files[0];
  const text = event.clipboardData?.getData("text/plain") || "";
  const box = textInputAt(event.target);
  if (file && !text) {
    event.preventDefault();
    openFile(file);
  } else if (!box && text.trim()) {
    if (isSettings(text)) openText(text);
    else if (!$("#input-prompt textarea")?.value.trim()) setField("prompt", text.trim());
  } else if (box && box.id !== "json" && box.type !== "password" && (isRecipe(text) || isCode(text))) {
    offerImport(box, text);
  }
}

// The text is pasted; the page offers to import it instead.
function offerImport(box, text) {
  const before = box.value;
  $("#proposal")?.remove();
  const offer = createElement("div", { id: "proposal" });
  offer.setAttribute("role", "status");
  offer.innerHTML = `<span>This looks like settings or code.</span>
    <button type="button" class="solid">Import</button><button type="button" class="quiet">Keep as text</button>`;
  const [importButton, keepButton] = $$("button", offer);
  importButton.addEventListener("click", () => {
    writeValue(box, before);
    offer.remove();
    setTimeout(() => openText(text), WRITE_MILLISECONDS);
  });
  keepButton.addEventListener("click", () => {
    offer.remove();
    box.focus();
  });
  document.body.append(offer);
}
