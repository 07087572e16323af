// The choice of an endpoint. It is in the address of the page. Endpoints with the same fields share a form; to another
// form the values are carried over.
import { showToast } from "./announcements.js";
import { isReady, offersForm, send } from "./bridge.js";
import { $, $$ } from "./dom.js";
import { requestJson } from "./json_editor.js";
import { page } from "./page_state.js";
import { onChange, onFrame } from "./rendering.js";
import { localStore } from "./storage.js";

const PARAMETER = "endpoint";
const HIDDEN_NOTES = "flux-legacy-hidden"; // endpoints whose note the user has hidden
const MAX_SWITCH_MILLISECONDS = 8000; // without a response of the program
let target = null; // endpoint of another form to which the page switches
let wasFormShown = false;
let afterSwitch = null;

const endpointInAddress = () => new URLSearchParams(location.search).get(PARAMETER) || "";
export const endpoints = () => [...($("#endpoint")?.options || [])].map(({ value, dataset }) => ({ path: value, form: Number(dataset.form), base: dataset.base }));
const findEndpoint = (path) => endpoints().find((endpoint) => endpoint.path === path);
export const shownPath = () => page.endpoint || endpoints()[0]?.path;
const isFormShown = () => Boolean($(`#fields-${page.form}`));

export function installEndpoints() {
  // Until the form of the endpoint in the address is shown, the first form must not be taken for it.
  page.isSwitching = Boolean(endpointInAddress());
  onChange(noteLeft);
  onChange(noteArrived);
  onFrame(renderLegacyNotes);
  document.addEventListener("change", (event) => {
    if (event.target.id !== "endpoint") return;
    if (!switchTo(event.target.value)) selectShownEndpoint();
  });
}

// Runs a task with the form of an endpoint, after a switch if another one is shown.
export function withEndpoint(path, task) {
  if (!path || path === shownPath() || !findEndpoint(path)) task();
  else if (switchTo(path)) {
    if (page.isSwitching) afterSwitch = task;
    else task();
  }
}

export const chooseEndpoint = ({ path }) => switchTo(path);

// ---- the note of a deprecated endpoint ----
const hiddenNotes = () => (localStore.get(HIDDEN_NOTES) || "").split(" ");

export function hideLegacyNote({ path }) {
  localStore.set(HIDDEN_NOTES, [...hiddenNotes(), path].join(" ").trim());
  renderLegacyNotes();
}

function renderLegacyNotes() {
  const hidden = hiddenNotes();
  const path = shownPath();
  for (const note of $$("details.legacy")) {
    const isHidden = note.dataset.path !== path || hidden.includes(note.dataset.path);
    if (note.hidden !== isHidden) note.hidden = isHidden;
  }
}

// ---- the switch ----
function selectShownEndpoint() {
  const menu = $("#endpoint");
  if (menu) menu.value = shownPath();
}

// Returns whether the page switches; an endpoint of the same form is shown at once.
function switchTo(path) {
  const endpoint = findEndpoint(path);
  if (!endpoint || path === shownPath() || target || !isReady() || !offersForm(endpoint.form)) return false;
  if (endpoint.form === page.form) {
    showEndpoint(path);
    send("endpoint");
    requestJson();
    return true;
  }
  target = endpoint;
  setTimeout(() => target === endpoint && cancelSwitch(), MAX_SWITCH_MILLISECONDS);
  $("#form")?.setAttribute("aria-busy", "true");
  page.isSwitching = true;
  send("leave");
  return true;
}

function showEndpoint(path) {
  page.endpoint = path === endpoints()[0].path ? "" : path;
  const address = new URL(location);
  if (page.endpoint) address.searchParams.set(PARAMETER, page.endpoint);
  else address.searchParams.delete(PARAMETER);
  history.replaceState(history.state, "", address);
  selectShownEndpoint();
}

function cancelSwitch() {
  target = null;
  page.isSwitching = false;
  $("#form")?.removeAttribute("aria-busy");
  selectShownEndpoint();
  showToast("No response. Nothing changed.");
}

// When the old form is gone, the program has its values.
function noteLeft() {
  if (isFormShown()) {
    wasFormShown = true;
    return;
  }
  if (!target) {
    if (wasFormShown && !page.isSwitching) fillNewForm(); // the response came after `cancelSwitch`
    return;
  }
  page.form = target.form;
  showEndpoint(target.path);
  fillNewForm();
  target = null;
}

function fillNewForm() {
  wasFormShown = false;
  page.isSwitching = true;
  send("arrive");
}

function noteArrived() {
  if (!page.isSwitching || target || !isReady() || !isFormShown()) return;
  const endpoint = findEndpoint(endpointInAddress());
  if (endpoint && !page.endpoint && endpoint.path !== shownPath()) {
    switchTo(endpoint.path);
    if (endpoint.form !== page.form) return;
  }
  page.isSwitching = false;
  $("#form")?.removeAttribute("aria-busy");
  requestJson();
  const task = afterSwitch;
  afterSwitch = null;
  task?.();
}
