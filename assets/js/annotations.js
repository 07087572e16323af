// Stars, ratings, tags and notes, of one image or of many.
import { announce, showToast } from "./announcements.js";
import { send } from "./bridge.js";
import { $, $$, createElement, setAttribute } from "./dom.js";
import { findGalleryItem, refreshGallery } from "./gallery.js";
import { request } from "./visit_fetch.js";

const stars = (id) => $$(`[data-act=star][data-id="${id}"]`);
const isStarred = (id) => stars(id).some((button) => button.getAttribute("aria-pressed") === "true");

export function installAnnotations() {
  document.addEventListener("change", (event) => {
    const { target } = event;
    const id = target.closest?.(".notes")?.dataset.id;
    if (id && target.name === "note") annotate([id], { note: target.value }, refuseAt(target));
    else if (id && target.name === "tags") replaceTags(id, target);
  });
}

// The tags of a typed text: without blanks, doubles and empty ones.
export const splitTags = (text) => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];

// All get a star, unless each of them has one.
export const starImages = (ids) => annotate(ids, { starred: !ids.every(isStarred) });

export const rateImages = (ids, rating) => annotate(ids, { rating });

export const tagImages = async (ids, text) =>
  (await annotate(ids, { addTags: splitTags(text) })) && showToast(ids.length === 1 ? "Tag added." : `Tag added to ${ids.length} images.`);

// A second press on the same rating removes the rating.
export function rateImage({ id, rating }, control) {
  const isSame = control.getAttribute("aria-checked") === "true";
  rateImages([id], isSame ? 0 : Number(rating));
}

async function replaceTags(id, box) {
  const before = splitTags(box.defaultValue);
  const after = splitTags(box.value);
  const changed = { addTags: after.filter((tag) => !before.includes(tag)), removeTags: before.filter((tag) => !after.includes(tag)) };
  const done = await annotate([id], changed, refuseAt(box));
  if (done) box.defaultValue = box.value = done[id].tags.join(", ");
}

// Shows why a value was refused below its field, until the next change.
function refuseAt(box) {
  const label = box.closest("label");
  $(".fault", label)?.remove();
  box.removeAttribute("aria-invalid");
  return (textContent) => {
    const fault = createElement("span", { className: "fault", textContent });
    fault.setAttribute("role", "alert");
    label.append(fault);
    setAttribute(box, "aria-invalid", true);
  };
}

async function annotate(ids, changes, onRefused = showToast) {
  if (!ids.length) return null;
  const response = await request("gallery/annotate", { body: { ids, ...changes }, onRefused });
  if (!response) return null;
  const annotations = await response.json();
  for (const [id, annotation] of Object.entries(annotations)) renderAnnotation(id, annotation);
  if ("starred" in changes) announce(changes.starred ? "Starred." : "Star removed.");
  if ("rating" in changes) announce(changes.rating ? `Rated ${changes.rating} of 5.` : "Rating removed.");
  return annotations;
}

function renderAnnotation(id, { starred, rating }) {
  for (const button of stars(id)) setAttribute(button, "aria-pressed", starred);
  for (const button of $$(`[data-act=rate][data-id="${id}"]`)) {
    setAttribute(button, "aria-checked", Number(button.dataset.rating) === rating);
    button.toggleAttribute("data-on", Number(button.dataset.rating) <= rating);
  }
  const item = findGalleryItem(id);
  if (!item) return;
  item.dataset.rating = rating;
  $(":scope > .stars", item)?.remove();
  if (rating) item.append(createElement("span", { className: "stars", textContent: "★".repeat(rating), ariaHidden: "true" }));
}
