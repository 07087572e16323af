// The gallery: a section with its own address, filled with results from the program.
import { announce } from "./announcements.js";
import { changeAddress, COMPARE, GALLERY, OPEN, readFilters, readParameter, SHEET } from "./address_state.js";
import { $, $$, createElement } from "./dom.js";
import { fillFilters, renderFilters } from "./gallery_filters.js";
import { page } from "./page_state.js";
import { localStore } from "./storage.js";
import { request } from "./visit_fetch.js";

const TYPING_MILLISECONDS = 120;
const DENSITY = "flux-density";
const AHEAD = "1200px"; // the next results are loaded before the end of the page is seen
let shownFilters = null; // the filters of the results on the page
let loading = null; // ends the request that is under way
let nextPage = "";
let total = 0; // images found
let isLoadingMore = false;
let typingTimer = 0;

export function installGallery() {
  addEventListener("viewstart", startGallery);
  addEventListener("viewchange", ({ detail }) => page.view === GALLERY && renderGallery(detail));
  document.addEventListener("input", handleInput);
  document.addEventListener("change", handleInput);
  document.addEventListener("keydown", ({ key, target }) => key === "Enter" && target.matches?.("#gallery [name=q]") && loadResults());
}

function startGallery() {
  const size = localStore.get(DENSITY);
  if (size) $("#gallery [name=density]").value = size;
  renderDensity();
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && loadMore(), { rootMargin: AHEAD })
    .observe($("#gallery .more-below"));
}

export function toggleGallery() {
  if (page.view === GALLERY) closeGallery();
  else changeAddress({ [GALLERY]: "" });
}

export const closeGallery = () => changeAddress({ [GALLERY]: null, [OPEN]: null, [COMPARE]: null, [SHEET]: null });

// After a comparison the results are as they were.
export const isReturn = ({ isNew, from }) => isNew && from === COMPARE && galleryCards().length > 0;

function renderGallery(change) {
  const filters = readFilters(location.search);
  renderFilters(filters);
  if (filters.toString() !== shownFilters) loadResults();
  else if (change.isNew && !isReturn(change)) refreshGallery();
  if (change.isNew && !isReturn(change) && !readParameter(OPEN)) $("#gallery input[type=search]").focus({ preventScroll: true });
}

// New images since the last look come first, so the first page is loaded again; deep results stay until then.
export const refreshGallery = () => loadResults({ keepsScroll: true });

async function loadResults({ keepsScroll = false } = {}) {
  const filters = readFilters(location.search);
  const isSame = filters.toString() === shownFilters;
  shownFilters = filters.toString();
  if (!keepsScroll || !isSame) scrollTo({ top: 0 });
  loading?.abort();
  const own = (loading = new AbortController());
  const response = await fetchCards(filters, "", own.signal);
  if (!response) {
    if (loading === own) shownFilters = null; // the same search is tried again
    return;
  }
  const html = await response.text();
  if (filters.toString() !== shownFilters) return;
  nextPage = response.headers.get("x-flux-next") || "";
  $("#gallery .grid").innerHTML = html;
  renderTotal(Number(response.headers.get("x-flux-count")));
  announce($("#gallery h2 .total").textContent);
  showGalleryMessage("");
  dispatchEvent(new Event("resultschange"));
  fillFilters();
}

function renderTotal(count) {
  total = count;
  $("#gallery h2 .total").textContent = `${count.toLocaleString("en-US")} ${count === 1 ? "image" : "images"}`;
}

// Called after cards were removed, with their number; the results are loaded again when none is left.
export function countRemoved(number) {
  renderTotal(Math.max(0, total - number));
  if (!galleryCards().length) refreshGallery();
}

// Loads the results below the present ones; returns whether there were any.
export async function loadMore() {
  if (!nextPage || isLoadingMore || page.view !== GALLERY) return false;
  isLoadingMore = true;
  const cursor = nextPage;
  const response = await fetchCards(readFilters(location.search), cursor);
  isLoadingMore = false;
  if (!response || cursor !== nextPage) return false;
  nextPage = response.headers.get("x-flux-next") || "";
  const list = createElement("template", { innerHTML: await response.text() });
  $("#gallery .grid").append(list.content);
  dispatchEvent(new Event("resultschange"));
  return true;
}

function fetchCards(filters, after, signal) {
  const parameters = new URLSearchParams(filters);
  parameters.set("tz", new Date().getTimezoneOffset());
  if (after) parameters.set("after", after);
  return request(`gallery/cards?${parameters}`, { signal, onRefused: showGalleryMessage });
}

const showGalleryMessage = (text) => ($("#gallery > .message").textContent = text);

export const galleryCards = () => $$("#gallery .grid .card");
export const findGalleryItem = (id) => $(`#gallery .grid li[data-id="${id}"]`);

function handleInput(event) {
  const { target } = event;
  if (!target.closest?.("#gallery")) return;
  if (target.name === "density") {
    localStore.set(DENSITY, target.value);
    renderDensity();
  } else if (target.name === "q") {
    clearTimeout(typingTimer);
    typingTimer = setTimeout(() => setFilter("q", target.value.trim(), { replace: true }), TYPING_MILLISECONDS);
  } else if (target.name === "sort" && event.type === "change") setFilter("sort", target.value === "newest" ? "" : target.value);
}

function setFilter(name, value, options) {
  const filters = readFilters(location.search);
  if ((filters.get(name) || "") === value) return;
  if (value) filters.set(name, value);
  else filters.delete(name);
  changeAddress({}, filters, options);
}

const renderDensity = () => $("#gallery .grid").style.setProperty("--card", `${$("#gallery [name=density]").value}px`);
