// An image in the whole window: fitted or at its own size, moved by dragging, compared with the previous image.
import { markBroken } from "./broken_images.js";
import { $, $$, createElement } from "./dom.js";
import { page } from "./page_state.js";
import { onChange } from "./rendering.js";
import { createZoom } from "./zoom_view.js";

let lightbox = null;
let lightboxOpener = null;
let zoom = null;
let source = null;

// Where the images come from: `shown` and `previous` return { id, src, alt, text } or null, `has(by)` says whether there
// is a neighbor, `step(by)` goes there, `close` runs at the end.
export function createLightbox() {
  lightbox = createElement("dialog", { id: "lightbox" });
  lightbox.setAttribute("aria-label", "Image");
  lightbox.innerHTML = `<div class="bar"><p aria-live="polite"></p>
    <button type="button" data-do="newer" aria-label="Newer image">←</button>
    <button type="button" data-do="older" aria-label="Older image">→</button>
    <button type="button" data-do="fit">Fit</button><button type="button" data-do="actual">100 %</button>
    <button type="button" data-do="compare" aria-label="Hold to compare with the previous image">Hold to compare</button>
    <button type="button" data-do="close">Close</button></div>
    <div class="view"><img alt="" draggable="false"></div><aside aria-label="Details of the image" hidden></aside>`;
  document.body.append(lightbox);
  lightbox.addEventListener("click", (event) => runLightbox(event.target.closest("[data-do]")?.dataset.do));
  lightbox.addEventListener("keydown", handleLightboxKey);
  lightbox.addEventListener("keyup", (event) => event.key === "c" && showPrevious(false));
  lightbox.addEventListener("close", () => {
    showPrevious(false);
    source.close?.();
    (lightboxOpener?.isConnected ? lightboxOpener : $("#stage [data-act=enlarge]"))?.focus();
  });
  const button = $("[data-do=compare]", lightbox);
  button.addEventListener("pointerdown", () => showPrevious(true));
  for (const kind of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(kind, () => showPrevious(false));
  button.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && showPrevious(true));
  button.addEventListener("keyup", () => showPrevious(false));
  const area = $(".view", lightbox);
  zoom = createZoom(lightbox, () => [area]);
  onChange(() => lightbox.open && source === STAGE && renderLightbox());
}

export const openLightbox = (_, control) => showLightbox(STAGE, control);

export function showLightbox(chosen, opener) {
  source = chosen;
  lightboxOpener = opener;
  if (!lightbox.open) zoom.reset(false); // else the next image is seen at the same place
  $("aside", lightbox).hidden = source === STAGE;
  renderLightbox();
  if (lightbox.open) return;
  lightbox.showModal();
  $("[data-do=close]", lightbox).focus();
}

export const closeLightbox = () => lightbox?.close();
export const lightboxNotes = () => $("aside", lightbox);

// The images of the history; the shown one is that of the result.
const historyCards = () => $$("#strip .card[data-image]");
const shownCard = () => historyCards().findIndex((card) => card.dataset.id === $("#stage .frame")?.dataset.id);
const STAGE = {
  shown() {
    const image = $("#stage .frame.image img");
    return image && { src: image.getAttribute("src"), alt: image.alt, text: textOfCard(historyCards()[shownCard()]) };
  },
  previous() {
    const card = historyCards()[shownCard() + 1];
    return card && { src: card.dataset.image, text: textOfCard(card) };
  },
  has: (by) => shownCard() >= 0 && Boolean(historyCards()[shownCard() + by]),
  step(by) {
    page.focusCard = null;
    historyCards()[shownCard() + by]?.click();
  },
};

// Caption and prompt of a card.
export const textOfCard = (card) =>
  [card && $(".caption", card)?.textContent, card?.dataset.prompt].filter((text) => text?.trim()).join(" · ");

export function renderLightbox() {
  const shown = lightbox.dataset.compared ? source.previous() : source.shown();
  if (!shown) return;
  const image = $("img", lightbox);
  if (image.getAttribute("src") !== shown.src) {
    markBroken(image, false);
    if (shown.src) image.src = shown.src;
    else image.removeAttribute("src");
    image.alt = shown.alt || "";
  }
  image.hidden = !shown.src;
  const text = `${lightbox.dataset.compared ? "Previous image: " : ""}${shown.text}`;
  if ($("p", lightbox).textContent !== text) $("p", lightbox).textContent = text;
  for (const size of ["fit", "actual"]) $(`[data-do=${size}]`, lightbox).disabled = !shown.src;
  $("[data-do=newer]", lightbox).disabled = !source.has(-1);
  $("[data-do=older]", lightbox).disabled = !source.has(1);
  $("[data-do=compare]", lightbox).disabled = !source.previous();
}

function runLightbox(action) {
  if (action === "close") lightbox.close();
  else if (action === "fit") zoom.reset(false);
  else if (action === "actual") zoom.reset(true);
  else if (action === "newer" && source.has(-1)) source.step(-1);
  else if (action === "older" && source.has(1)) source.step(1);
}

function showPrevious(isHeld) {
  if ((isHeld && !source?.previous()) || isHeld === Boolean(lightbox.dataset.compared)) return;
  if (isHeld) lightbox.dataset.compared = "1";
  else delete lightbox.dataset.compared;
  renderLightbox();
}

function handleLightboxKey(event) {
  const isTyping = event.target.matches?.("input, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  const action = !event.shiftKey && { ArrowLeft: "newer", ArrowRight: "older" }[event.key];
  if (event.key === "c") showPrevious(true);
  else if (action && event.target.role !== "radio") runLightbox(action);
  else if (source.handleKey?.(event)) event.preventDefault();
  else if (!zoom.handleKey(event)) return;
  event.preventDefault();
  event.stopPropagation();
}
