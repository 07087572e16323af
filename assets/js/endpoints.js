// The choice of an endpoint. It is in the address of the page. Values of the form are carried over to the next form.
import { showToast } from "./announcements.js";
import { isReady, offersForm, send } from "./bridge.js";
import { $ } from "./dom.js";
import { requestJson } from "./json_editor.js";
import { page } from "./page_state.js";
import { onChange } from "./rendering.js";

const PARAMETER = "endpoint";
const MAX_SWITCH_MILLISECONDS = 8000; // without a response of the program
let target = null; // number of the form to which the page switches
let wasFormShown = false;
let afterSwitch = null;

const endpointInAddress = () => new URLSearchParams(location.search).get(PARAMETER) || "";
const endpointPaths = () => [...($("#endpoint")?.options || [])].map((option) => option.value);
const isFormShown = () => Boolean($(`#fields-${page.form}`));

export function installEndpoints() {
  // Until the form of the endpoint in the address is shown, the first form must not be taken for it.
  page.isSwitching = Boolean(endpointInAddress());
  onChange(noteLeft);
  onChange(noteArrived);
  document.addEventListener("change", (event) => {
    if (event.target.id !== "endpoint") return;
    if (!switchTo(event.target.value)) selectShownEndpoint();
  });
}

// Runs a task with the form of an endpoint, after a switch if another one is shown.
export function withEndpoint(path, task) {
  const paths = endpointPaths();
  if (!path || path === paths[page.form] || !paths.includes(path)) task();
  else if (switchTo(path)) afterSwitch = task;
}

function selectShownEndpoint() {
  const menu = $("#endpoint");
  if (menu) menu.value = endpointPaths()[page.form];
}

function switchTo(path) {
  const form = endpointPaths().indexOf(path);
  if (form < 0 || form === page.form || target !== null || !isReady() || !offersForm(form)) return false;
  target = form;
  setTimeout(() => target === form && cancelSwitch(), MAX_SWITCH_MILLISECONDS);
  $("#form")?.setAttribute("aria-busy", "true");
  page.isSwitching = true;
  send("leave");
  return true;
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
  if (target === null) {
    if (wasFormShown && !page.isSwitching) fillNewForm(); // the response came after `cancelSwitch`
    return;
  }
  page.form = target;
  page.endpoint = target ? endpointPaths()[target] : "";
  fillNewForm();
  const address = new URL(location);
  if (page.endpoint) address.searchParams.set(PARAMETER, page.endpoint);
  else address.searchParams.delete(PARAMETER);
  history.replaceState(null, "", address);
  selectShownEndpoint();
  target = null;
}

function fillNewForm() {
  wasFormShown = false;
  page.isSwitching = true;
  send("arrive");
}

function noteArrived() {
  if (!page.isSwitching || target !== null || !isReady() || !isFormShown()) return;
  const path = endpointInAddress();
  const paths = endpointPaths();
  if (path && page.form === 0 && paths[0] !== path && (switchTo(path) || paths.includes(path))) return;
  page.isSwitching = false;
  $("#form")?.removeAttribute("aria-busy");
  requestJson();
  const task = afterSwitch;
  afterSwitch = null;
  task?.();
}
