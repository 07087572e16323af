// Deleting images, with Undo.
import { showToast, topmost } from "./announcements.js";
import { send } from "./bridge.js";
import { $, createElement } from "./dom.js";
import { findGalleryItem, refreshGallery } from "./gallery.js";
import { request } from "./visit_fetch.js";

const UNDO_MILLISECONDS = 10_000;
let undoTimer = 0;

export function installDeletions() {
  document.addEventListener("keydown", (event) => {
    const button = $("#undo-delete button");
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || !button || event.target.matches?.("input, textarea")) return;
    event.preventDefault();
    button.click();
  });
}

export async function deleteImages(ids) {
  const response = await request("gallery/delete", { body: { ids } });
  if (!response) return false;
  const { ids: hidden } = await response.json();
  if (!hidden.length) {
    showToast("Running images cannot be deleted.");
    return false;
  }
  dispatchEvent(new CustomEvent("imagesdeleted", { detail: hidden }));
  send("show", { id: "" }, { expectsChange: false });
  offerUndo(hidden);
  return true;
}

function offerUndo(ids) {
  $("#undo-delete")?.remove();
  const bar = createElement("div", { id: "undo-delete", className: "undo-bar" });
  bar.setAttribute("role", "status");
  const text = ids.length === 1 ? "Image deleted." : `${ids.length} images deleted.`;
  const button = createElement("button", { type: "button", className: "quiet framed", textContent: "Undo" });
  bar.append(createElement("span", { textContent: text }), button);
  topmost().append(bar);
  if (bar.parentElement !== document.body) bar.parentElement.addEventListener("close", () => bar.isConnected && document.body.append(bar), { once: true });
  clearTimeout(undoTimer);
  undoTimer = setTimeout(() => bar.remove(), UNDO_MILLISECONDS);
  button.addEventListener("click", async () => {
    bar.remove();
    if (!(await request("gallery/restore", { body: { ids } }))) return;
    showToast("Restored.");
    send("show", { id: "" }, { expectsChange: false });
    await refreshGallery();
    dispatchEvent(new Event("imagesrestored"));
    if (!$("dialog[open]")) $(".card", findGalleryItem(ids[0]) || bar)?.focus({ preventScroll: true });
  });
}
