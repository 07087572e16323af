// The shown image in the whole window: fitted or at its own size, moved by dragging, compared with the previous image.
import { $, $$, createElement } from "./dom.js";
import { page } from "./page_state.js";
import { onChange } from "./rendering.js";

const MIN_ZOOM = 1;
const MAX_ZOOM = 8;
const view = { zoom: 1, x: 0, y: 0, isActual: false };
let lightbox = null;
let lightboxOpener = null;

export function createLightbox() {
  lightbox = createElement("dialog", { id: "lightbox" });
  lightbox.setAttribute("aria-label", "Image");
  lightbox.innerHTML = `<div class="bar"><p aria-live="polite"></p>
    <button type="button" data-do="newer" aria-label="Newer image">←</button>
    <button type="button" data-do="older" aria-label="Older image">→</button>
    <button type="button" data-do="fit">Fit</button><button type="button" data-do="actual">100 %</button>
    <button type="button" data-do="compare" aria-label="Hold to compare with the previous image">Hold to compare</button>
    <button type="button" data-do="close">Close</button></div>
    <div class="view"><img alt="" draggable="false"></div>`;
  document.body.append(lightbox);
  lightbox.addEventListener("click", (event) => runLightbox(event.target.closest("[data-do]")?.dataset.do));
  lightbox.addEventListener("keydown", handleLightboxKey);
  lightbox.addEventListener("keyup", (event) => event.key === "c" && showPrevious(false));
  lightbox.addEventListener("close", () => {
    showPrevious(false);
    (lightboxOpener?.isConnected ? lightboxOpener : $("#stage [data-act=enlarge]"))?.focus();
  });
  const button = $("[data-do=compare]", lightbox);
  button.addEventListener("pointerdown", () => showPrevious(true));
  for (const kind of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(kind, () => showPrevious(false));
  button.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && showPrevious(true));
  button.addEventListener("keyup", () => showPrevious(false));
  installPan($(".view", lightbox));
  onChange(() => lightbox.open && renderLightbox());
}

export function openLightbox(_, control) {
  lightboxOpener = control;
  resetView(false);
  renderLightbox();
  lightbox.showModal();
  $("[data-do=close]", lightbox).focus();
}

// The zoom after a turn of the wheel, within its bounds.
export const nextZoom = (zoom, delta) => Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom * (delta < 0 ? 1.2 : 1 / 1.2)));

const imageCards = () => $$("#strip .card[data-image]");
const shownCard = () => imageCards().findIndex((card) => card.dataset.id === $("#stage .frame")?.dataset.id);
const olderCard = () => imageCards()[shownCard() + 1];

function renderLightbox() {
  const shown = $("#stage .frame.image img");
  if (!shown) return;
  const image = $("img", lightbox);
  if (!lightbox.dataset.compared && image.getAttribute("src") !== shown.getAttribute("src")) {
    image.src = shown.getAttribute("src");
    image.alt = shown.alt;
  }
  const card = lightbox.dataset.compared ? olderCard() : imageCards()[shownCard()];
  const facts = [$(".caption", card || lightbox)?.textContent, card?.dataset.prompt].filter((text) => text?.trim());
  const text = `${lightbox.dataset.compared ? "Previous image: " : ""}${facts.join(" · ")}`;
  if ($("p", lightbox).textContent !== text) $("p", lightbox).textContent = text;
  $("[data-do=newer]", lightbox).disabled = shownCard() <= 0;
  $("[data-do=older]", lightbox).disabled = $("[data-do=compare]", lightbox).disabled = !olderCard();
}

function runLightbox(action) {
  if (action === "close") lightbox.close();
  else if (action === "fit") resetView(false);
  else if (action === "actual") resetView(true);
  else if (action === "newer") stepLightbox(-1);
  else if (action === "older") stepLightbox(1);
}

function stepLightbox(by) {
  const card = imageCards()[shownCard() + by];
  if (!card) return;
  page.focusCard = null;
  card.click();
}

function showPrevious(isHeld) {
  const card = olderCard();
  const shown = $("#stage .frame.image img");
  if (!shown || (isHeld && !card) || isHeld === Boolean(lightbox.dataset.compared)) return;
  if (isHeld) lightbox.dataset.compared = "1";
  else delete lightbox.dataset.compared;
  $("img", lightbox).src = isHeld ? card.dataset.image : shown.getAttribute("src");
  renderLightbox();
}

function handleLightboxKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const action = { ArrowLeft: "newer", ArrowRight: "older", 0: "fit", 1: "actual" }[event.key];
  if (event.key === "c") showPrevious(true);
  else if (action) runLightbox(action);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function resetView(isActual) {
  Object.assign(view, { zoom: 1, x: 0, y: 0, isActual });
  moveImage();
}

function moveImage() {
  $(".view", lightbox).classList.toggle("actual", view.isActual);
  $("img", lightbox).style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
}

function installPan(area) {
  let from = null;
  area.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX - view.x, y: event.clientY - view.y };
    area.setPointerCapture(event.pointerId);
  });
  area.addEventListener("pointermove", (event) => {
    if (!from) return;
    Object.assign(view, { x: event.clientX - from.x, y: event.clientY - from.y });
    moveImage();
  });
  for (const kind of ["pointerup", "pointercancel"]) area.addEventListener(kind, () => (from = null));
  area.addEventListener("dblclick", () => resetView(!view.isActual));
  area.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.zoom = nextZoom(view.zoom, event.deltaY);
    moveImage();
  }, { passive: false });
}
