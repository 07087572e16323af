// An open image of the gallery: large, with its notes, actions and details beside it.
import { changeAddress, GALLERY, OPEN, readFilters, readParameter } from "./address_state.js";
import { rateImages, starImages } from "./annotations.js";
import { send } from "./bridge.js";
import { deleteImages } from "./deletions.js";
import { $ } from "./dom.js";
import { withEndpoint } from "./endpoints.js";
import { findGalleryItem, galleryCards, loadMore } from "./gallery.js";
import { focusCardAt } from "./gallery_grid.js";
import { closeLightbox, lightboxNotes, renderLightbox, showLightbox, textOfCard } from "./lightbox.js";
import { page } from "./page_state.js";
import { IMAGE_PARAMETER } from "./session.js";
import { areLettersOn } from "./shortcut_list.js";
import { request } from "./visit_fetch.js";

// These stay in the gallery. Every other action of the open image leads to the page with the form.
const STAYING = ["star", "rate", "delete", "compare-with", "copylink", "copy", "workbench", "open-sheet"];
let openId = "";
let notesOf = ""; // the image whose notes are shown
let wantedNotes = "";

export function installGalleryImage() {
  addEventListener("viewchange", renderOpenImage);
  addEventListener("imagesdeleted", ({ detail }) => {
    if (!openId || !detail.includes(openId)) return;
    const next = neighborOf(openId, 1) || neighborOf(openId, -1);
    if (next && !detail.includes(next)) openImage({ id: next }, { replace: true });
    else closeLightbox();
  });
  document.addEventListener("click", leaveForAction, true);
}

export const openImage = ({ id }, options) => changeAddress({ [OPEN]: id }, undefined, options);

function renderOpenImage() {
  const id = page.view === "gallery" ? readParameter(OPEN) || "" : "";
  if (id === openId) return;
  openId = id;
  if (!id) {
    closeLightbox();
    return;
  }
  showLightbox(GALLERY_IMAGES, $(".card", findGalleryItem(id) || document.createElement("li")));
  loadNotes(id);
}

const GALLERY_IMAGES = {
  shown() {
    const card = cardOf(openId);
    const notes = notesOf === openId ? $(".notes", lightboxNotes()) : null;
    const src = card?.dataset.image || notes?.dataset.image || "";
    return { id: openId, src, alt: card?.getAttribute("aria-label") || "", text: card ? textOfCard(card) : "" };
  },
  previous() {
    const card = cardOf(neighborOf(openId, 1));
    return card?.dataset.image ? { src: card.dataset.image, text: textOfCard(card) } : null;
  },
  has: (by) => Boolean(neighborOf(openId, by)),
  step: stepGallery,
  close() {
    if (readParameter(OPEN)) changeAddress({ [OPEN]: null });
    const place = galleryCards().findIndex((card) => card.dataset.id === notesOf);
    if (page.view === "gallery" && place >= 0) focusCardAt(place);
  },
  handleKey: (event) => judgeByKey(event, openId),
};

// Letters and digits judge an open image; they cost nothing.
export function judgeByKey(event, id) {
  if (!areLettersOn() || event.shiftKey) return false;
  if (event.key === "s") starImages([id]);
  else if (/^[1-5]$/.test(event.key)) rateImages([id], Number(event.key));
  else if (event.key === "Delete") deleteImages([id]);
  else return false;
  return true;
}

const cardOf = (id) => (id && $(".card", findGalleryItem(id) || document.createElement("li"))) || null;

// The neighbor among the results on the page, else the one that the program names.
function neighborOf(id, by) {
  const cards = galleryCards();
  const place = cards.findIndex((card) => card.dataset.id === id);
  const notes = notesOf === id ? $(".notes", lightboxNotes()) : null;
  return (place >= 0 && cards[place + by]?.dataset.id) || notes?.dataset[by < 0 ? "newer" : "older"] || "";
}

async function stepGallery(by) {
  const next = neighborOf(openId, by);
  if (next && !findGalleryItem(next)) await loadMore();
  if (next) openImage({ id: next }, { replace: true });
}

// Loads what is known of an image beside it; a later call for another image wins.
export async function loadNotes(id) {
  wantedNotes = id;
  const filters = page.view === "gallery" ? readFilters(location.search) : "";
  const response = await request(`gallery/image/${encodeURIComponent(id)}?${filters}`);
  if (id !== wantedNotes) return;
  if (!response) {
    closeLightbox();
    return;
  }
  lightboxNotes().innerHTML = await response.text();
  notesOf = id;
  renderLightbox();
}

// The action runs with the image on the page, so that its response is seen there.
function leaveForAction(event) {
  const control = event.target.closest?.("#lightbox .notes [data-act], #lightbox .notes a[download]");
  if (!control || control.matches("a[download]") || STAYING.includes(control.dataset.act)) return;
  event.preventDefault();
  event.stopPropagation();
  const { act, ...data } = control.dataset;
  showOnPage(control.closest(".notes").dataset.id, () => dispatchEvent(new CustomEvent("runaction", { detail: { act, data, control } })));
}

export const openOnPage = ({ id }) => showOnPage(id);

function showOnPage(id, then) {
  const endpoint = $(".notes", lightboxNotes())?.dataset.endpoint || "";
  changeAddress({ [GALLERY]: null, [OPEN]: null, [IMAGE_PARAMETER]: id }); // one step, which Back undoes
  withEndpoint(then ? endpoint : "", () => {
    send("show", { id });
    then?.();
  });
}
