// Keeps the place in the gallery: results that are loaded again change only what is different.
import { $, $$ } from "./dom.js";

const galleryItems = () => $$("#gallery .grid > li");

// The cards in the window, each with its distance from the top.
export function findPlace() {
  const cards = galleryItems().filter((item) => item.dataset.id);
  const first = cards.findIndex((item) => item.getBoundingClientRect().bottom > 0);
  if (first < 0) return [];
  return cards.slice(first, first + 60).map((item) => [item.dataset.id, item.getBoundingClientRect().top]);
}

// Scrolls so that the first card that is still there is where it was. The sizes of cards outside of the window are known
// some frames later; meanwhile the browser must not correct the place too.
export function restorePlace(place, frames = 3) {
  document.documentElement.style.overflowAnchor = frames ? "none" : "";
  for (const [id, top] of place) {
    const item = $(`#gallery .grid li[data-id="${id}"]`);
    if (!item) continue;
    scrollBy(0, item.getBoundingClientRect().top - top);
    break;
  }
  if (frames) requestAnimationFrame(() => restorePlace(place, frames - 1));
}

// What the program said of an item, without what the page has added.
function markupOf(item) {
  const copy = item.cloneNode(true);
  copy.removeAttribute("data-selected");
  $(".card", copy)?.setAttribute("tabindex", "-1");
  return copy.outerHTML;
}

// Makes the list have the given items; those that did not change stay as they are, with their image and the focus.
export function mergeItems(list, given) {
  const wanted = new Set(given.map((item) => item.dataset.id));
  for (const item of [...list.children]) if (!item.dataset.id || !wanted.has(item.dataset.id)) item.remove();
  const present = new Map([...list.children].map((item) => [item.dataset.id, item]));
  let next = list.firstElementChild;
  for (const item of given) {
    const earlier = present.get(item.dataset.id);
    if (!earlier) list.insertBefore(item, next);
    else if (markupOf(earlier) === markupOf(item)) {
      if (earlier === next) next = next.nextElementSibling;
      else list.insertBefore(earlier, next);
    } else {
      if (earlier === next) next = next.nextElementSibling;
      list.insertBefore(item, next);
      earlier.remove();
    }
  }
}
