// Panels below the image (recipe, code, comparison) and below the form (share and code).
import { copyText } from "./announcements.js";
import { send } from "./bridge.js";
import { $, $$, setAttribute } from "./dom.js";
import { onFrame } from "./rendering.js";

const DRAFT_MILLISECONDS = 700; // from a change of the form to its new code
let openPanel = ""; // which panel is open
let requestedPanel = ""; // panel and image that the program was asked for
let closedComparison = ""; // id of the image whose comparison was closed
let language = 0; // index of the chosen code tab
let takesFocus = false; // whether the next panel gets the focus
let draftTimer = 0;

export const linkTo = (query) => location.origin + location.pathname + query;

export function installPanels() {
  onFrame(followImage);
  onFrame(renderLinks);
  onFrame(focusNewPanel);
  document.addEventListener("keydown", selectNeighborTab, true);
  for (const kind of ["input", "change", "click"]) document.addEventListener(kind, updateDraft);
}

function requestPanel(what, id) {
  openPanel = what;
  requestedPanel = what && `${what} ${id}`;
  if (!what) for (const panel of $$("#panel .panel")) panel.hidden = true;
  send("panel", { what, id });
}

export function togglePanel({ what, id }) {
  const panel = $(`#panel .panel:not([hidden])[data-what="${what}"][data-id="${id}"]`);
  if (panel) {
    closePanel(panel);
    return;
  }
  takesFocus = true;
  requestPanel(what, id);
}

function closePanel(panel) {
  const { what, id } = panel.dataset;
  if (what === "draft") {
    send("draft");
    panel.hidden = true;
    $("#formtools [data-act=draft]")?.focus();
    return;
  }
  if (what === "outcome") closedComparison = id;
  requestPanel("", id);
  $(`#stage [data-act=panel][data-what="${what}"], #stage details.more > summary`)?.focus();
}

export const closePanelOf = (_, control) => closePanel(control.closest(".panel"));

// A panel belongs to the shown image. After a reproduction the comparison opens.
function followImage() {
  const id = $("#stage .frame.image")?.dataset.id || "";
  for (const panel of $$("#panel .panel")) panel.hidden = panel.dataset.id !== id || !openPanel;
  if (!id) return;
  const isReproduction = Boolean($("#stage .details[data-again]"));
  if (isReproduction && closedComparison !== id && ["", "outcome"].includes(openPanel)) openPanel = "outcome";
  else if (openPanel === "outcome" && !isReproduction) openPanel = "";
  const wanted = openPanel && `${openPanel} ${id}`;
  if (wanted && wanted !== requestedPanel) requestPanel(openPanel, id);
}

export function reproduce({ id }) {
  closedComparison = "";
  openPanel = "";
  send("reproduce", { id });
}

export const selectTab = (_, control) => showTab(control);

function showTab(chosen) {
  const tabs = $$("[role=tab]", chosen.closest("[role=tablist]"));
  language = tabs.indexOf(chosen);
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
  }
}

function selectNeighborTab(event) {
  const current = event.target.closest?.("[role=tab]");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!current || !step) return;
  const tabs = $$("[role=tab]", current.closest("[role=tablist]"));
  const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length];
  event.preventDefault();
  event.stopPropagation();
  showTab(next);
  next.focus();
}

function renderLinks() {
  for (const box of $$("input[data-query]")) {
    const link = linkTo(box.dataset.query);
    if (box.value !== link) box.value = link;
  }
  for (const list of $$("[role=tablist]:not([data-seen])")) {
    list.dataset.seen = "1";
    const tab = $$("[role=tab]", list)[language];
    if (language && tab) showTab(tab);
  }
}

function focusNewPanel() {
  const panel = $("#panel .panel:not([hidden]), #draft .panel");
  if (!panel || !takesFocus) return;
  takesFocus = false;
  panel.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "nearest" });
}

export const copyLink = ({ query }) => copyText(linkTo(query));

export function copyCode(_, control) {
  const code = control.closest(".code");
  const shown = $("[role=tabpanel]:not([hidden])", code) || code;
  copyText($("pre", shown).textContent);
}

const openDraft = () => $("#draft .panel:not([hidden])");

export function toggleDraft() {
  if (openDraft()) {
    closePanel(openDraft());
    return;
  }
  takesFocus = true;
  send("draft", { open: true });
}

// The code of the form follows the form.
function updateDraft(event) {
  if (!event.target.closest?.("#form .field") || !openDraft()) return;
  clearTimeout(draftTimer);
  draftTimer = setTimeout(() => send("draft", { open: true }), DRAFT_MILLISECONDS);
}
