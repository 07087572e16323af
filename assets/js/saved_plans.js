// Plans, and values of axes such as prompts, that are saved by name: saved, opened, renamed, deleted.
import { showToast } from "./announcements.js";
import { $, $$, createElement } from "./dom.js";
import { shownPath } from "./endpoints.js";
import { isNarrow } from "./scrolling.js";
import { fillAxis, readAxis } from "./sweep_axes.js";
import { openPlan, savePlan } from "./sweep_panel.js";
import { request } from "./visit_fetch.js";

const SAVED_TITLES = { plan: "Saved plans", values: "Saved values" };
const SAVE_TEXTS = { plan: "Save this plan", values: "Save these values" };
let savedDialog = null;
let savedKind = "plan";
let savedAxis = null; // the axis whose values are saved or replaced

export const openSavedPlans = () => openSaved("plan");
export const openSavedValues = (_, control) => openSaved("values", control.closest("li"));

function openSaved(kind, axis = null) {
  if (!savedDialog) createSavedDialog();
  [savedKind, savedAxis] = [kind, axis];
  $("h2", savedDialog).textContent = SAVED_TITLES[kind];
  savedDialog.setAttribute("aria-label", SAVED_TITLES[kind]);
  $("form input", savedDialog).value = "";
  showSaveText();
  savedDialog.showModal();
  if (!isNarrow()) $("form input", savedDialog).focus(); // on a phone it would open the keyboard
  loadSaved();
}

function createSavedDialog() {
  savedDialog = createElement("dialog", { id: "saved" });
  savedDialog.innerHTML = `<div class="search"><h2></h2><button type="button" class="quiet framed" data-saved="close">Close</button></div>
    <form><input name="saved-name" maxlength="80" placeholder="Name" aria-label="Name" autocomplete="off" required><button class="solid"></button></form>
    <p class="message" role="alert"></p><ul></ul>`;
  document.body.append(savedDialog);
  $("form", savedDialog).addEventListener("submit", (event) => {
    event.preventDefault();
    saveShown($("form input", savedDialog).value);
  });
  $("form input", savedDialog).addEventListener("input", showSaveText);
  savedDialog.addEventListener("click", ({ target }) => runSaved(target.closest("[data-saved]")));
  savedDialog.addEventListener("keydown", handleRenameKey);
  savedDialog.addEventListener("focusout", ({ target }) => {
    if (target.dataset.saved === "delete") target.textContent = "Delete";
    if (target.name === "saved-new-name") stopRename(target);
  });
  addEventListener("plansaved", ({ detail }) => finishSave(detail));
}

const showSavedMessage = (text) => ($(".message", savedDialog).textContent = text);
const savedItem = (name) => $$("li[data-name]", savedDialog).find((item) => item.dataset.name === name);

// A name that exists is replaced, and the button says so.
function showSaveText() {
  const name = $("form input", savedDialog).value.trim().replace(/\s+/g, " ");
  $("form button", savedDialog).textContent = savedItem(name) ? `Replace “${name}”` : SAVE_TEXTS[savedKind];
}

async function loadSaved() {
  showSavedMessage("");
  const response = await request(`sweeps/saved/${savedKind}`, { onRefused: showSavedMessage });
  if (!response) return;
  $("ul", savedDialog).innerHTML = await response.text();
  showSaveText();
}

const changeSaved = (act, name, data = {}) =>
  request("sweeps/saved", { body: { kind: savedKind, act, name, ...data }, onRefused: showSavedMessage });

async function saveShown(name) {
  showSavedMessage("");
  if (savedKind === "plan") savePlan(name);
  else if (await changeSaved("save", name, { axes: [readAxis(savedAxis)], endpoint: shownPath() })) finishSave({ name, problem: "" });
}

function finishSave({ name, problem }) {
  if (!savedDialog.open) return;
  if (problem) {
    showSavedMessage(problem);
    return;
  }
  savedDialog.close();
  showToast(`Saved as “${name.trim()}”.`);
}

function runSaved(control) {
  const item = control?.closest("li");
  const act = control?.dataset.saved;
  if (act === "close") savedDialog.close();
  else if (act === "open") openSavedItem(item);
  else if (act === "rename") startRename(item);
  else if (act === "delete") deleteSaved(control, item);
}

async function openSavedItem({ dataset: { name, endpoint } }) {
  if (savedKind === "plan") {
    savedDialog.close();
    openPlan(endpoint, { name });
    return;
  }
  const response = await changeSaved("open", name);
  if (!response) return;
  fillAxis(savedAxis, await response.json());
  savedDialog.close();
  $("textarea", savedAxis).dispatchEvent(new Event("input", { bubbles: true }));
}

// The first press asks, the second one deletes.
async function deleteSaved(control, { dataset: { name } }) {
  if (control.textContent === "Delete") control.textContent = "Really delete";
  else if (await changeSaved("delete", name)) loadSaved();
}

function startRename(item) {
  const box = createElement("input", { name: "saved-new-name", value: item.dataset.name, maxLength: 80 });
  box.setAttribute("aria-label", "New name");
  $("[data-saved=open]", item).hidden = true;
  item.prepend(box);
  box.select();
}

function stopRename(box) {
  $("[data-saved=open]", box.closest("li")).hidden = false;
  box.remove();
}

async function handleRenameKey(event) {
  const box = event.target;
  if (box.name !== "saved-new-name" || !["Enter", "Escape"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "Escape") stopRename(box);
  else if (await changeSaved("rename", box.closest("li").dataset.name, { to: box.value })) loadSaved();
}
