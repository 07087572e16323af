// The grid of the gallery: how images are selected, and what the keyboard does.
import { rateImages, starImages, tagImages } from "./annotations.js";
import { deleteImages } from "./deletions.js";
import { $, $$ } from "./dom.js";
import { countRemoved, findGalleryItem, galleryCards, isReturn, loadMore } from "./gallery.js";
import { page } from "./page_state.js";
import { isSelected, selectedIds, setSelection } from "./selection.js";
import { areLettersOn } from "./shortcut_list.js";

let lastSelected = ""; // the other end of a range

export function installGrid() {
  addEventListener("resultschange", renderSelection);
  addEventListener("selectionchange", renderSelection);
  addEventListener("viewchange", ({ detail }) => {
    if (page.view === "gallery" && isReturn(detail)) focusCardAt(galleryCards().findIndex((card) => card.tabIndex === 0));
  });
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.("#gallery .grid input[type=checkbox]");
    if (box) select(box.closest("li").dataset.id, box.checked, event.shiftKey);
  });
  addEventListener("imagesdeleted", ({ detail }) => removeItems(detail));
  document.addEventListener("keydown", handleGridKey);
  document.addEventListener("change", ({ target }) => {
    if (target.id !== "rate-all" || !target.value) return;
    rateImages(selectedIds(), Number(target.value));
    target.value = "";
  });
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.("#gallery .selection [name=tag]");
    if (!box || event.key !== "Enter" || !box.value.trim()) return;
    tagImages(selectedIds(), box.value).then((isDone) => isDone && (box.value = ""));
  });
}

// The items from one to another, in the order of the list.
export function idsBetween(ids, first, last) {
  const ends = [ids.indexOf(first), ids.indexOf(last)].sort((one, other) => one - other);
  return ends[0] < 0 ? [last] : ids.slice(ends[0], ends[1] + 1);
}

function select(id, isOn, isRange) {
  const ids = galleryCards().map((card) => card.dataset.id);
  const changed = isRange && lastSelected && selectedIds().length ? idsBetween(ids, lastSelected, id) : [id];
  lastSelected = id;
  makeFocusable($(".card", findGalleryItem(id)));
  setSelection(isOn ? [...selectedIds(), ...changed] : selectedIds().filter((one) => !changed.includes(one)));
}

// All images on the page; more are loaded by scrolling.
export const selectAll = () => setSelection([...selectedIds(), ...galleryCards().map((card) => card.dataset.id)]);

function renderSelection() {
  for (const item of $$("#gallery .grid li[data-id]")) {
    const isOn = isSelected(item.dataset.id);
    item.toggleAttribute("data-selected", isOn);
    $("input[type=checkbox]", item).checked = isOn;
  }
  const bar = $("#gallery .selection");
  const number = selectedIds().length;
  bar.hidden = !number;
  $(".number", bar).textContent = `${number.toLocaleString("en-US")} selected`;
  $("[data-act=compare-selected]", bar).disabled = number < 2 || number > 4;
  const cards = galleryCards();
  if (cards.length && !cards.some((card) => card.tabIndex === 0)) cards[0].tabIndex = 0;
}

// The Tab key stops at one card.
function makeFocusable(card) {
  for (const one of galleryCards()) one.tabIndex = one === card ? 0 : -1;
}

export function focusCardAt(index) {
  const cards = galleryCards();
  const card = cards[Math.max(0, Math.min(cards.length - 1, index))];
  if (!card) return;
  makeFocusable(card);
  card.focus();
  card.scrollIntoView({ block: "nearest" });
}

const columnsOf = (grid) => getComputedStyle(grid).gridTemplateColumns.split(" ").length;

async function handleGridKey(event) {
  if (page.view !== "gallery" || $("dialog[open]") || event.altKey) return;
  const isInGrid = event.target.closest?.("#gallery .grid");
  if (event.key === "a" && (event.ctrlKey || event.metaKey) && (isInGrid || event.target === document.body)) {
    event.preventDefault();
    selectAll();
  }
  if (event.ctrlKey || event.metaKey) return;
  const isTyping = event.target.matches?.("input:not([type=checkbox], [type=range]), select, textarea");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    $("#gallery [name=q]").focus();
    return;
  }
  if (event.key === "ArrowDown" && event.target.name === "q") {
    event.preventDefault();
    focusCardAt(0);
    return;
  }
  const item = event.target.closest?.("#gallery .grid li[data-id]");
  if (!item) return;
  const cards = galleryCards();
  const place = cards.indexOf($(".card", item));
  const columns = columnsOf($("#gallery .grid"));
  const target = {
    ArrowLeft: place - 1, ArrowRight: place + 1, ArrowUp: place - columns, ArrowDown: place + columns,
    Home: 0, End: cards.length - 1, PageUp: place - 4 * columns, PageDown: place + 4 * columns,
  }[event.key];
  if (target !== undefined) {
    event.preventDefault();
    if (target >= cards.length) await loadMore();
    focusCardAt(target);
  } else if (areLettersOn() && handleLetter(event.key, item.dataset.id)) event.preventDefault();
}

function handleLetter(key, id) {
  const ids = selectedIds().length ? selectedIds() : [id];
  if (key === "x") select(id, !isSelected(id), false);
  else if (key === "s") starImages(ids);
  else if (/^[0-5]$/.test(key)) rateImages(ids, Number(key));
  else if (key === "Delete") deleteImages(ids);
  else return false;
  return true;
}

// Removes deleted images, and moves the focus to the next one.
function removeItems(ids) {
  const cards = galleryCards();
  const place = cards.findIndex((card) => card === document.activeElement || card.tabIndex === 0);
  const hadFocus = cards[place] && cards[place].closest("li").contains(document.activeElement);
  for (const id of ids) findGalleryItem(id)?.remove();
  countRemoved(cards.length - galleryCards().length);
  renderSelection();
  if (hadFocus) focusCardAt(Math.min(place, galleryCards().length - 1));
}
