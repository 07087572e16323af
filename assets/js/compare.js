// Compares two to four images: side by side with one zoom, with a divider, in turn, or by their difference.
import { showToast } from "./announcements.js";
import { changeAddress, COMPARE, GALLERY, readParameter } from "./address_state.js";
import { $, $$, createElement, setAttribute } from "./dom.js";
import { closeLightbox } from "./lightbox.js";
import { page } from "./page_state.js";
import { selectedIds } from "./selection.js";
import { request } from "./visit_fetch.js";
import { createZoom } from "./zoom_view.js";

const MAX_COMPARED = 4;
const MAX_CLICK_PIXELS = 4; // further, the image was moved
const MODES = ["side", "slider", "flip", "difference"];
const HINTS = {
  side: "Drag to move, turn the wheel to zoom.",
  slider: "Drag the divider.",
  flip: "Click the image, or press Space or a number.",
  difference: "",
};
let comparedIds = "";
let compareZoom = null;
let flipped = 0; // the image that Flip shows
let differenceOf = "";

export function installCompare() {
  addEventListener("viewchange", renderComparison);
  document.addEventListener("keydown", handleCompareKey);
  document.addEventListener("input", ({ target }) => {
    if (target.matches?.("#comparison .divider")) placeDivider(target.value);
  });
  let pressedAt = [0, 0];
  document.addEventListener("pointerdown", ({ clientX, clientY }) => (pressedAt = [clientX, clientY]));
  document.addEventListener("click", ({ target, clientX, clientY }) => {
    const wasMoved = Math.hypot(clientX - pressedAt[0], clientY - pressedAt[1]) > MAX_CLICK_PIXELS;
    if (!wasMoved && target.closest?.("#comparison .views[data-mode=flip] .view")) showFlipped(flipped + 1);
  });
}

// Opens a comparison; with one image, that image and the one before it in the history or the gallery.
export function compareImages(ids) {
  if (ids.length < 2 || ids.length > MAX_COMPARED) showToast("Select two to four images to compare.");
  else changeAddress({ [COMPARE]: ids.join(",") });
}

export const compareSelected = () => compareImages(selectedIds());

export function compareWithPrevious({ id }) {
  const cards = $$(page.view === GALLERY ? "#gallery .grid .card[data-image]" : "#strip .card[data-image]");
  const place = cards.findIndex((card) => card.dataset.id === id);
  const other = cards[place + 1] || cards[place - 1];
  const chosen = selectedIds().filter((one) => one !== id);
  closeLightbox();
  if (page.view === GALLERY && chosen.length) compareImages([id, ...chosen].slice(0, MAX_COMPARED));
  else if (place >= 0 && other) compareImages([id, other.dataset.id]);
  else showToast("There is no other image to compare.");
}

export const closeCompare = () => changeAddress({ [COMPARE]: null });

// The ids after two neighbors were exchanged or one was removed.
export const swapped = (ids) => [...ids].reverse();

export function swapCompared() {
  changeAddress({ [COMPARE]: swapped(comparedIds.split(",")).join(",") }, undefined, { replace: true });
}

export function removeCompared({ id }) {
  changeAddress({ [COMPARE]: comparedIds.split(",").filter((one) => one !== id).join(",") }, undefined, { replace: true });
}

export const fitCompared = () => compareZoom.reset(false);
export const showActualSize = () => compareZoom.reset(true);

async function renderComparison() {
  const section = $("#comparison");
  compareZoom ??= createZoom(section, () => $$(".view", section));
  const ids = page.view === COMPARE ? readParameter(COMPARE) || "" : "";
  if (ids === comparedIds) return;
  comparedIds = ids;
  if (!ids) {
    section.replaceChildren();
    return;
  }
  const mode = $(".views", section)?.dataset.mode || "side";
  const response = await request(`gallery/comparison?ids=${encodeURIComponent(ids)}`);
  if (!response || ids !== comparedIds) return;
  section.innerHTML = await response.text();
  differenceOf = "";
  flipped = 0;
  scrollTo({ top: 0 });
  showMode($(`[data-mode=${mode}][role=radio]`, section) ? mode : "side");
  compareZoom.reset(false);
  $("[role=radio][tabindex='0']", section)?.focus({ preventScroll: true });
}

export const chooseCompareMode = ({ mode }) => showMode(mode);

function showMode(mode) {
  const section = $("#comparison");
  $(".views", section).dataset.mode = mode;
  for (const option of $$("[data-act=compare-mode]", section)) {
    setAttribute(option, "aria-checked", option.dataset.mode === mode);
    option.tabIndex = option.dataset.mode === mode ? 0 : -1;
  }
  $(".hint", section).textContent = HINTS[mode];
  $(".divider", section).hidden = mode !== "slider";
  $("figure.difference", section).hidden = mode !== "difference";
  placeDivider($(".divider", section).value);
  showFlipped(flipped);
  if (mode === "difference") loadDifference();
}

// The middle of the thumb, which is 32 pixels wide.
function placeDivider(percent) {
  const place = `calc(16px + (100% - 32px) * ${percent / 100})`;
  $("#comparison .views").style.setProperty("--divider", place);
}

function showFlipped(index) {
  const figures = $$("#comparison figure[data-id]");
  flipped = (index + figures.length) % (figures.length || 1);
  figures.forEach((figure, place) => figure.toggleAttribute("data-on", place === flipped));
}

async function loadDifference() {
  if (differenceOf === comparedIds) return;
  const ids = (differenceOf = comparedIds);
  const place = $("#comparison figure.difference");
  const say = (text) => $("figcaption", place).replaceChildren(createElement("span", { textContent: text }));
  $("img", place).hidden = true;
  say("Comparing…");
  const response = await request(`gallery/difference?ids=${encodeURIComponent(ids)}`, { onRefused: say });
  if (!response || ids !== comparedIds) return;
  const image = $("img", place);
  image.src = URL.createObjectURL(await response.blob());
  image.onload = () => URL.revokeObjectURL(image.src);
  image.hidden = false;
  const gain = response.headers.get("x-flux-gain");
  say(`${response.headers.get("x-flux-measure")}${gain > 1 ? ` Shown ${gain} times brighter.` : ""}`);
}

function handleCompareKey(event) {
  if (page.view !== COMPARE || $("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches?.("input:not(.divider), select, textarea")) return;
  const mode = $("#comparison .views")?.dataset.mode;
  const figures = $$("#comparison figure[data-id]");
  if (mode === "flip" && event.key === " " && !event.target.closest?.("button")) showFlipped(flipped + 1);
  else if (mode === "flip" && figures[Number(event.key) - 1]) showFlipped(Number(event.key) - 1);
  else if (["m", "M"].includes(event.key)) {
    const offered = MODES.filter((one) => $(`#comparison [data-mode=${one}][role=radio]`));
    showMode(offered[(offered.indexOf(mode) + 1) % offered.length]);
  } else if (!compareZoom.handleKey(event)) return;
  event.preventDefault();
}
