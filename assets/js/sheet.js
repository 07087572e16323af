// The sheet of a sweep: it fills while images arrive.
import { askBalance } from "./account.js";
import { showToast } from "./announcements.js";
import { changeAddress, GALLERY, readParameter, SHEET } from "./address_state.js";
import { send } from "./bridge.js";
import { $, $$, createElement } from "./dom.js";
import { page } from "./page_state.js";
import { askPrice } from "./price_question.js";
import { saveResponse } from "./save_file.js";
import { readIdentity } from "./session.js";
import { focusCell, forgetCells, renderCells } from "./sheet_cells.js";
import { loadScores, renderScores } from "./sheet_scores.js";
import { editAxes } from "./sweep_panel.js";
import { request } from "./visit_fetch.js";
import { openVote } from "./vote.js";

const REFRESH_MILLISECONDS = 1000;
const DRAWN_FORMATS = ["jpeg", "webp"]; // a PNG is sent row by row
const BALANCE_MILLISECONDS = 3100; // an answer of the API is shared for three seconds
let shownSheet = "";
let sheetTimer = 0;
let sheetOrder = ""; // the axis of the columns; the others follow

export function installSheet() {
  addEventListener("viewchange", () => (page.view === SHEET ? renderSheet() : leaveSheet()));
  document.addEventListener("change", ({ target }) => {
    if (target.name === "sheet-order") changeOrder(target.value);
    else if (target.name === "sweep-name") actOnSweep("rename", { name: target.value });
  });
  document.addEventListener("keydown", handleSheetKey);
}

// The history on the page gets the images of the sweep.
function leaveSheet() {
  clearTimeout(sheetTimer);
  if (shownSheet) send("show", { id: "" }, { expectsChange: false });
  shownSheet = "";
}

function renderSheet() {
  const id = readParameter(SHEET);
  if (id === shownSheet) return;
  shownSheet = id;
  sheetOrder = "";
  forgetCells();
  $("#sheet").replaceChildren();
  loadSheet();
}

async function loadSheet() {
  clearTimeout(sheetTimer);
  const id = shownSheet;
  const response = await request(`sweeps/sheet/${encodeURIComponent(id)}?order=${sheetOrder}`);
  if (id !== shownSheet) return;
  if (!response && !$("#sheet header")) {
    changeAddress({ [SHEET]: null }, undefined, { replace: true }); // nothing to show: the message says why
    return;
  }
  const before = $("#sheet .progress")?.textContent;
  if (response) updateSheet(createElement("template", { innerHTML: await response.text() }).content);
  const isActive = $("#sheet header")?.dataset.active || $("#sheet td[data-state=running], #sheet td[data-state=queued]");
  if (!isActive && before && before !== $("#sheet .progress").textContent) setTimeout(askBalance, BALANCE_MILLISECONDS);
  if (isActive) sheetTimer = setTimeout(loadSheet, REFRESH_MILLISECONDS);
}

// Only what has changed is replaced: the focus, the scroll position and loaded images stay.
function updateSheet(content) {
  const sheet = $("#sheet");
  const cells = $$("td[data-cell]", content);
  const shown = new Map($$("td[data-cell]", sheet).map((cell) => [cell.dataset.cell, cell]));
  const hasSameTable = cells.length === shown.size && cells.every((cell, place) => $$("td[data-cell]", sheet)[place]?.dataset.cell === cell.dataset.cell);
  if (!hasSameTable) sheet.replaceChildren(content);
  else {
    for (const cell of cells) {
      const before = shown.get(cell.dataset.cell);
      if (before.dataset.version === cell.dataset.version) continue;
      const hasFocus = before.contains(document.activeElement);
      before.replaceWith(cell);
      if (hasFocus) $("button", cell)?.focus();
    }
    const isTyping = document.activeElement?.name === "sweep-name";
    for (const selector of ["header", ".message"]) {
      const [old, next] = [$(selector, sheet), $(selector, content)];
      if (selector === "header" && (isTyping || $("details[open]", old))) old.dataset.active = next.dataset.active;
      else if (old.outerHTML !== next.outerHTML) replaceKeepingFocus(old, next);
    }
    $$(".caveat, .sheet-problem", sheet).forEach((one) => one.remove());
    $("header", sheet).after(...$$(".caveat, .sheet-problem", content));
  }
  renderCells();
  if ($(".scores", sheet)) renderScores();
  else loadScores(shownSheet);
}

function replaceKeepingFocus(old, next) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(next);
  if (!focused) return;
  const { dataset, name, localName } = focused;
  const same = dataset.act ? `[data-act=${dataset.act}]` : name ? `[name=${name}]` : localName;
  ($(same, next) || $("[data-act=sheet-close]", next))?.focus();
}

function changeOrder(first) {
  const count = $("#sheet [name=sheet-order]").options.length;
  const others = [...Array(count).keys()].filter((axis) => String(axis) !== first);
  sheetOrder = [first, ...others].join(",");
  loadSheet();
}

async function actOnSweep(act, data = {}) {
  const press = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const response = await request("sweeps/act", { body: { id: shownSheet, act, press, ...readIdentity(), ...data } });
  if (!response) return;
  const { question, images } = await response.json();
  if (question) askPrice(question, images, (approved) => actOnSweep(act, { ...data, approved }));
  await loadSheet();
}

export const pauseSweep = () => actOnSweep("pause");
export const stopSweep = () => actOnSweep("stop");
export const resumeSweep = () => actOnSweep("resume");
export const retrySweep = ({ cell }) => actOnSweep("retry", cell ? { cells: [cell] } : {});
export const cancelCell = ({ cell }) => actOnSweep("cancel", { cells: [cell] });
export const collectCells = ({ cell }) => actOnSweep("collect", cell ? { cells: [cell] } : {});
export const closeSheet = () => changeAddress({ [SHEET]: null });
export const showSweepInGallery = () =>
  changeAddress({ [SHEET]: null, [GALLERY]: "" }, new URLSearchParams({ sweep: shownSheet }));
export const changeSweepAxes = () => editAxes(shownSheet);
export const voteOnSweep = () => openVote(shownSheet, loadSheet);

export async function deleteSweep() {
  if (await request("sweeps/act", { body: { id: shownSheet, act: "delete" } })) {
    showToast("Sweep deleted. Its images stay.");
    closeSheet();
  }
}

export function exportSheet({ format }) {
  saveResponse("sweeps/report", { id: shownSheet, format, order: sheetOrder, token: page.token });
  showToast(DRAWN_FORMATS.includes(format) ? "Drawing the sheet. A large one takes up to a minute…" : "Exporting the sweep…");
}

// Arrow keys go from cell to cell: one axis is held, the other one changes.
function handleSheetKey(event) {
  if (page.view !== SHEET || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const isTyping = event.target.matches?.("input:not([type=checkbox]), select, textarea");
  const cell = event.target.closest?.("#sheet td");
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!cell || isTyping) return;
  if (event.key === "x") {
    const box = $("input[type=checkbox]", cell);
    if (box) box.click();
  } else if (event.key === "s" && $(".star", cell)) $(".star", cell).click();
  else if (step) {
    const row = cell.parentElement;
    const rows = [...row.parentElement.children];
    const target = rows[rows.indexOf(row) + step[1]]?.children[[...row.children].indexOf(cell) + step[0]];
    const card = target && $("button.card", target);
    if (card) focusCell(card);
  } else return;
  event.preventDefault();
}
