// The gallery: a section with its own address, filled with results from the program.
import { announce } from "./announcements.js";
import { changeAddress, COMPARE, GALLERY, OPEN, readFilters, readParameter, SHEET } from "./address_state.js";
import { $, $$, createElement } from "./dom.js";
import { clipSearch, fillFilters, renderFilters } from "./gallery_filters.js";
import { findPlace, mergeItems, restorePlace } from "./gallery_place.js";
import { page } from "./page_state.js";
import { localStore } from "./storage.js";
import { request } from "./visit_fetch.js";

const TYPING_MILLISECONDS = 120;
const DENSITY = "flux-density";
const AHEAD = 1200; // pixels below the window in which results are loaded
const CARDS_PER_PAGE = 60;
const MAX_CARDS_PER_REQUEST = 500;
let shownFilters = null; // the filters of the results on the page
let loading = null; // ends the request that is under way
let nextPage = "";
let total = 0; // images found
let hasMore = false; // whether there are more than `total`
let isLoadingMore = false;
let typingTimer = 0;
let leftPlace = []; // the cards that were in the window when the gallery was left

export function installGallery() {
  addEventListener("viewstart", startGallery);
  addEventListener("viewleave", ({ detail }) => detail === GALLERY && (leftPlace = findPlace()));
  addEventListener("viewchange", ({ detail }) => page.view === GALLERY && renderGallery(detail));
  document.addEventListener("input", handleInput);
  document.addEventListener("change", handleInput);
  document.addEventListener("keydown", ({ key, target }) => key === "Enter" && target.matches?.("#gallery [name=q]") && loadResults());
}

function startGallery() {
  const size = localStore.get(DENSITY);
  if (size) $("#gallery [name=density]").value = size;
  renderDensity();
  new IntersectionObserver(fillWindow, { rootMargin: `${AHEAD}px` }).observe($("#gallery .more-below"));
  addEventListener("resultschange", fillWindow);
}

export function toggleGallery() {
  if (page.view === GALLERY) closeGallery();
  else changeAddress({ [GALLERY]: "" });
}

export const closeGallery = () => changeAddress({ [GALLERY]: null, [OPEN]: null, [COMPARE]: null, [SHEET]: null });

// After a comparison, a sweep, or Back, the results are where they were.
export const isReturn = ({ isNew, from, isMove }) => isNew && (isMove || [COMPARE, SHEET].includes(from)) && galleryCards().length > 0;

function renderGallery(change) {
  const filters = readFilters(location.search);
  renderFilters(filters);
  if (filters.toString() !== shownFilters) loadResults();
  else if (isReturn(change)) {
    restorePlace(leftPlace);
    if (change.from !== COMPARE) refreshGallery();
  } else if (change.isNew) loadResults();
  if (change.isNew && !isReturn(change) && !readParameter(OPEN)) $("#gallery input[type=search]").focus({ preventScroll: true });
}

async function loadResults() {
  const filters = readFilters(location.search);
  shownFilters = filters.toString();
  scrollTo({ top: 0 });
  loading?.abort();
  const own = (loading = new AbortController());
  const response = await fetchCards(filters, { signal: own.signal });
  if (!response) {
    if (loading === own) shownFilters = null; // the same search is tried again
    return;
  }
  const html = await response.text();
  if (filters.toString() !== shownFilters) return;
  nextPage = response.headers.get("x-flux-next") || "";
  const focused = document.activeElement.closest?.("#gallery .grid li")?.dataset.id;
  $("#gallery .grid").innerHTML = html;
  if (focused) (galleryCards().find((card) => card.dataset.id === focused) || galleryCards()[0])?.focus({ preventScroll: true });
  renderTotal(Number(response.headers.get("x-flux-count")), response.headers.has("x-flux-more"));
  announce($("#gallery h2 .total").textContent);
  showGalleryMessage("");
  $("#search-note").textContent = response.headers.get("x-flux-note") || "";
  dispatchEvent(new Event("resultschange"));
  fillFilters();
}

// Loads again as many results as there are, and what was added to them; the place stays.
export async function refreshGallery() {
  const filters = readFilters(location.search);
  if (filters.toString() !== shownFilters || !galleryCards().length) return loadResults();
  loading?.abort();
  const own = (loading = new AbortController());
  const given = [];
  let wanted = galleryCards().length;
  let after = "";
  do {
    const limit = Math.max(CARDS_PER_PAGE, Math.min(MAX_CARDS_PER_REQUEST, wanted - given.length));
    const response = await fetchCards(filters, { after, limit, signal: own.signal });
    if (!response || loading !== own) return;
    given.push(...readItems(await response.text()));
    const count = after ? total : Number(response.headers.get("x-flux-count"));
    if (!after) hasMore = response.headers.has("x-flux-more");
    wanted += Math.max(0, Math.min(MAX_CARDS_PER_REQUEST, count - total));
    renderTotal(count);
    after = response.headers.get("x-flux-next") || "";
  } while (after && given.length < wanted);
  const seen = page.view === GALLERY ? findPlace() : [];
  nextPage = after;
  mergeItems($("#gallery .grid"), given);
  restorePlace(seen);
  dispatchEvent(new Event("resultschange"));
}

const readItems = (html) => [...createElement("template", { innerHTML: html }).content.children];

function renderTotal(count, more = hasMore) {
  total = count;
  hasMore = more;
  $("#gallery h2 .total").textContent = `${count.toLocaleString("en-US")}${more ? "+" : ""} ${count === 1 ? "image" : "images"}`;
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
  const response = await fetchCards(readFilters(location.search), { after: cursor });
  isLoadingMore = false;
  if (!response || cursor !== nextPage) return false;
  nextPage = response.headers.get("x-flux-next") || "";
  $("#gallery .grid").append(...readItems(await response.text()));
  dispatchEvent(new Event("resultschange"));
  return true;
}

// Loads results until they reach below the window.
function fillWindow() {
  if (page.view === GALLERY && $("#gallery .more-below").getBoundingClientRect().top < innerHeight + AHEAD) loadMore();
}

function fetchCards(filters, { after, limit, signal } = {}) {
  const parameters = new URLSearchParams(filters);
  parameters.set("tz", new Date().getTimezoneOffset());
  if (after) parameters.set("after", after);
  if (limit) parameters.set("limit", limit);
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
    const search = () => setFilter("q", clipSearch(target.value), { replace: true });
    if (event.type === "change") search();
    else typingTimer = setTimeout(search, TYPING_MILLISECONDS);
  } else if (target.name === "sort" && event.type === "change") setFilter("sort", target.value === "newest" ? "" : target.value);
}

function setFilter(name, value, options) {
  const filters = readFilters(location.search);
  if ((filters.get(name) || "") === value) return;
  if (value) filters.set(name, value);
  else filters.delete(name);
  changeAddress({}, filters, options);
}

function renderDensity() {
  $("#gallery .grid").style.setProperty("--card", `${$("#gallery [name=density]").value}px`);
  fillWindow();
}
