// Which view covers the form and its result, by the address: the gallery, a comparison, a sweep, or none.
import { changeAddress, COMPARE, GALLERY, SHEET } from "./address_state.js";
import { $ } from "./dom.js";
import { page } from "./page_state.js";
import { onFrame } from "./rendering.js";

const SECTIONS = { [GALLERY]: "#gallery", [COMPARE]: "#comparison", [SHEET]: "#sheet" };
let isStarted = false;

export function installViews() {
  onFrame(startViews);
  addEventListener("popstate", () => renderView({ isMove: true }));
  addEventListener("addresschange", () => renderView());
}

// Once, as soon as the sections are drawn and the visit has begun.
function startViews() {
  if (isStarted || !page.token || !$("#gallery .more-below")) return;
  isStarted = true;
  dispatchEvent(new Event("viewstart"));
  renderView();
}

// The view of an address; a comparison covers the others.
export function viewOf(search) {
  const parameters = new URLSearchParams(search);
  return [COMPARE, SHEET, GALLERY].find((name) => parameters.has(name)) || "";
}

export const closeView = () => changeAddress({ [page.view]: null });

// `isMove` says that Back or Forward led here.
function renderView({ isMove = false } = {}) {
  if (!isStarted) return;
  const view = viewOf(location.search);
  const from = page.view;
  if (view !== from) dispatchEvent(new CustomEvent("viewleave", { detail: from }));
  page.view = view;
  document.documentElement.dataset.view = view;
  for (const [name, selector] of Object.entries(SECTIONS)) $(selector).hidden = name !== view;
  dispatchEvent(new CustomEvent("viewchange", { detail: { isNew: view !== from, from, isMove } }));
}
