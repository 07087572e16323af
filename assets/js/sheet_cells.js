// The cells of a sheet: which are selected, how they differ from the control, and the one that is open.
import { announce, showToast } from "./announcements.js";
import { starImages } from "./annotations.js";
import { compareImages } from "./compare.js";
import { $, $$, createElement } from "./dom.js";
import { judgeByKey, loadNotes } from "./gallery_image.js";
import { showLightbox, textOfCard } from "./lightbox.js";
import { request } from "./visit_fetch.js";

let showsDifferences = false;
let openCell = ""; // the image that is open
const pickedCells = new Set();

export function installSheetCells() {
  document.addEventListener("change", ({ target }) => {
    if (target.matches?.("#sheet td input[type=checkbox]")) pickCell(target.dataset.id, target.checked);
  });
}

// For another sheet.
export function forgetCells() {
  showsDifferences = false;
  pickedCells.clear();
}

// The Tab key stops at one cell; arrow keys go on from there.
export function focusCell(card) {
  for (const one of $$("#sheet button.card")) one.tabIndex = one === card ? 0 : -1;
  card.focus();
}

// After the sheet was drawn again.
export function renderCells() {
  const cards = $$("#sheet button.card");
  if (cards.length && !cards.some((card) => card.tabIndex === 0)) cards[0].tabIndex = 0;
  for (const box of $$("#sheet td input[type=checkbox]")) box.checked = pickedCells.has(box.dataset.id);
  setPressed();
  renderPicks();
  if (showsDifferences) loadDifferences();
}

function pickCell(id, isOn) {
  if (isOn) pickedCells.add(id);
  else pickedCells.delete(id);
  renderPicks();
}

function renderPicks() {
  const bar = $("#sheet .selection");
  if (!bar) return;
  bar.hidden = !pickedCells.size;
  $(".number", bar).textContent = `${pickedCells.size} selected`;
  $("[data-act=sheet-compare]", bar).disabled = pickedCells.size < 2 || pickedCells.size > 4;
  for (const cell of $$("#sheet td")) cell.toggleAttribute("data-selected", Boolean($("input:checked", cell)));
}

export const comparePicks = () => compareImages([...pickedCells]);
export const starPicks = () => starImages([...pickedCells]);

export function clearPicks() {
  pickedCells.clear();
  for (const box of $$("#sheet td input[type=checkbox]")) box.checked = false;
  renderPicks();
}

export function toggleDifferences() {
  showsDifferences = !showsDifferences;
  setPressed();
  if (showsDifferences) {
    announce("Each image shows its difference from the first value of the first axis.");
    loadDifferences();
  } else for (const image of $$("#sheet img.heat")) image.remove();
}

const setPressed = () => $("#sheet [data-act=sweep-difference]")?.setAttribute("aria-pressed", showsDifferences);

async function loadDifferences() {
  for (const cell of $$("#sheet td[data-control]")) {
    if (!showsDifferences) return;
    const card = $(".card[data-image]", cell);
    if (!card || $("img.heat", cell)) continue;
    const response = await request(`gallery/difference?ids=${cell.dataset.control},${card.dataset.id}&small`, { onRefused: () => {} });
    if (!response || !showsDifferences || !cell.isConnected) continue;
    const image = createElement("img", { className: "heat", alt: "Difference from the first value" });
    image.src = URL.createObjectURL(await response.blob());
    image.onload = () => URL.revokeObjectURL(image.src);
    image.title = response.headers.get("x-flux-measure") || "";
    $(".face", card).append(image);
  }
}

const sheetCards = () => $$("#sheet .card[data-image]");
const cellPlace = () => sheetCards().findIndex((card) => card.dataset.id === openCell);

export function openSheetCell({ id }, control) {
  openCell = id;
  if (control.dataset.image) showCell(control);
  else showToast($(".reason", control.closest("td"))?.textContent || "No image yet.");
}

const SHEET_IMAGES = {
  shown() {
    const card = sheetCards()[cellPlace()];
    return card && { id: openCell, src: card.dataset.image, alt: card.getAttribute("aria-label"), text: `${placeOfCell(card)} ${textOfCard(card)}` };
  },
  previous() {
    const control = card => $(`#sheet .card[data-id="${card.closest("td").dataset.control}"]`);
    const card = sheetCards()[cellPlace()];
    const other = card && control(card);
    return other && { src: other.dataset.image, text: `${placeOfCell(other)} ${textOfCard(other)}` };
  },
  has: (by) => cellPlace() >= 0 && Boolean(sheetCards()[cellPlace() + by]),
  step(by) {
    const card = sheetCards()[cellPlace() + by];
    openCell = card.dataset.id;
    showCell(card);
  },
  // Up and down go along the rows: the value of the column is held.
  handleKey(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.shiftKey) return judgeByKey(event, openCell);
    const cell = sheetCards()[cellPlace()].closest("td");
    const rows = [...cell.closest("tbody").children];
    const next = rows[rows.indexOf(cell.parentElement) + step]?.children[[...cell.parentElement.children].indexOf(cell)];
    const card = next && $(".card[data-image]", next);
    if (card) {
      openCell = card.dataset.id;
      showCell(card);
    }
    return true;
  },
};

function showCell(card) {
  showLightbox(SHEET_IMAGES, card);
  loadNotes(card.dataset.id);
}

// The labels of the row and the column of a card.
function placeOfCell(card) {
  const cell = card.closest("td");
  const row = $("th", cell.parentElement)?.textContent;
  const place = [...cell.parentElement.children].indexOf(cell);
  const column = $$("thead th", cell.closest("table"))[place]?.textContent;
  return [row, column].filter(Boolean).join(" · ");
}

