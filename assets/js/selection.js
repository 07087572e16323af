// The selected images of the gallery: they are in the address, so that a reload, Back, Forward and a link restore them.
import { changeAddress, readParameter, SELECTED } from "./address_state.js";
import { galleryCards } from "./gallery.js";
import { page } from "./page_state.js";
import { request } from "./visit_fetch.js";

const MAX_IN_ADDRESS = 50; // ids, so that a link has less than 2,000 characters; the browser's history keeps all
const MAX_PER_REQUEST = 1000;
let selected = new Set();
let deselected = []; // by the last deletion
const owned = new Set(); // selected images that the program has shown or confirmed to this visitor
let reading; // the ids of an address that the program is asked about

export function installSelection() {
  addEventListener("viewchange", () => page.view === "gallery" && readSelection());
  addEventListener("imagesdeleted", ({ detail }) => {
    deselected = selectedIds().filter((id) => detail.includes(id));
    for (const id of detail) owned.delete(id);
    if (deselected.length) setSelection(selectedIds().filter((id) => !detail.includes(id)), { replace: true });
  });
  addEventListener("imagesrestored", () => {
    if (deselected.length) setSelection([...selected, ...deselected], { replace: true });
    deselected = [];
  });
}

export const selectedIds = () => [...selected];
export const isSelected = (id) => selected.has(id);
export const clearSelection = () => setSelection([]);

// The first selected image makes a new entry of the browser's history, and so does the removal of the last one: Back
// undoes both. Other changes replace the entry.
export function setSelection(ids, { replace = false } = {}) {
  const wasEmpty = !selected.size;
  selected = new Set(ids);
  reading = undefined;
  for (const card of galleryCards()) if (selected.has(card.dataset.id)) owned.add(card.dataset.id);
  changeAddress({ [SELECTED]: addressOf(selectedIds()) }, undefined, {
    replace: replace || wasEmpty === !selected.size,
    state: { [SELECTED]: selectedIds() },
  });
  dispatchEvent(new Event("selectionchange"));
}

const addressOf = (ids) => ids.slice(0, MAX_IN_ADDRESS).join(",") || null;

// The ids of an address; the entry of the browser's history has those that had no room in it.
export function idsOfAddress(text, state) {
  const ids = [...new Set((text || "").split(","))].filter((id) => /^[0-9a-f]{32}$/.test(id));
  const all = state?.[SELECTED] || [];
  return addressOf(all) === text ? all : ids.slice(0, MAX_PER_REQUEST);
}

async function readSelection() {
  const text = readParameter(SELECTED);
  const ids = idsOfAddress(text, history.state);
  if (text === reading || (text === addressOf(selectedIds()) && ids.length === selected.size)) return;
  for (const card of galleryCards()) owned.add(card.dataset.id);
  const unknown = ids.filter((id) => !owned.has(id));
  reading = text;
  for (let start = 0; start < unknown.length; start += MAX_PER_REQUEST) {
    const response = await request("gallery/owned", { body: { ids: unknown.slice(start, start + MAX_PER_REQUEST) } });
    const found = response ? (await response.json()).ids : [];
    if (reading !== text) return;
    if (!response) reading = undefined; // the next look asks again
    if (!response) return;
    for (const id of found) owned.add(id);
  }
  reading = undefined;
  selected = new Set(ids.filter((id) => owned.has(id)));
  if (addressOf(selectedIds()) === text) dispatchEvent(new Event("selectionchange"));
  else setSelection(selectedIds(), { replace: true });
}
