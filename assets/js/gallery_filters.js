// The filters of the gallery: what the form shows is what the address says.
import { changeAddress, readFilters } from "./address_state.js";
import { $, $$, createElement } from "./dom.js";
import { request } from "./visit_fetch.js";

const NAMES = { star: "Starred", imported: "Imported", rating: "Rating at least", from: "From", to: "Until", state: "State", tag: "Tag", endpoint: "Endpoint", sweep: "Sweep" };
const TYPING_PAUSE = 400;
const MAX_SEARCH_CHARACTERS = 400;
let isFilled = false;
let filledHtml = "";
let writeTimer = 0;

export function installFilters() {
  document.addEventListener("toggle", ({ target }) => target.open && target.matches?.("#gallery .filters") && fillFilters({ again: true }), true);
  document.addEventListener("change", (event) => event.target.closest?.("#gallery .filters form") && writeFilters());
  document.addEventListener("input", (event) => {
    if (!event.target.closest?.("#gallery .filters form") || event.target.type !== "text") return;
    clearTimeout(writeTimer);
    writeTimer = setTimeout(writeFilters, TYPING_PAUSE);
  });
  document.addEventListener("reset", (event) => {
    if (event.target.closest?.("#gallery .filters")) setTimeout(writeFilters);
  });
  document.addEventListener("submit", (event) => event.target.closest?.("#gallery .filters") && event.preventDefault());
}

// The offered filters follow the images: they are loaded with the first results of a visit, and when they are opened.
export async function fillFilters({ again = false } = {}) {
  if (isFilled && !again) return;
  isFilled = true;
  const response = await request("gallery/filters");
  if (!response) {
    isFilled = false;
    return;
  }
  const html = await response.text();
  const form = $("#gallery .filters form");
  if (html === filledHtml || form.contains(document.activeElement)) return;
  form.innerHTML = filledHtml = html;
  renderFilters(readFilters(location.search));
}

// Shows the filters of the address in the form, the search and the list of chosen filters.
export function renderFilters(filters) {
  const form = $("#gallery .filters form");
  for (const box of $$("input, select", form)) {
    if (box.type === "checkbox") box.checked = filters.getAll(box.name).includes(box.value);
    else if (box !== document.activeElement) box.value = filters.get(box.name) || "";
  }
  const search = $("#gallery [name=q]");
  const text = filters.get("q") || "";
  if (search !== document.activeElement && clipSearch(search.value) !== text) search.value = text;
  $("#gallery [name=sort]").value = filters.get("sort") || "newest";
  const chosen = [...filters].filter(([name]) => !["q", "sort"].includes(name));
  const number = $("#gallery .filters > summary .number");
  number.hidden = !chosen.length;
  number.textContent = chosen.length;
  $("#gallery .chosen-filters").replaceChildren(...chosen.map(createChip));
}

// The part of a search text that is sent; the program says where it searches for less.
export const clipSearch = (text) => [...text.trim().slice(0, 2 * MAX_SEARCH_CHARACTERS)].slice(0, MAX_SEARCH_CHARACTERS).join("").trim();

export function clearFilters() {
  const sort = readFilters(location.search).get("sort");
  $("#gallery [name=q]").value = "";
  changeAddress({}, new URLSearchParams(sort ? { sort } : {}));
  $("#gallery [name=q]").focus();
}

// The words for a filter: its field or kind, and its value.
export function describeFilter(name, value, label = "") {
  const [kind, field] = name.includes(".") ? name.split(/\.(.*)/) : ["", ""];
  if (kind === "min") return `${label || field} from ${value}`;
  if (kind === "max") return `${label || field} to ${value}`;
  if (kind === "is") return `${label || field}: ${{ true: "on", false: "off" }[value] || value}`;
  return ["star", "imported", "sweep"].includes(name) ? NAMES[name] : `${NAMES[name] || name}: ${value}`;
}

function createChip([name, value]) {
  const box = $$(`#gallery .filters form [name="${CSS.escape(name)}"]`).find((one) => one.type !== "checkbox" || one.value === value);
  const label = $("legend", box?.closest("fieldset") || document.createElement("p"))?.textContent;
  const shown = name === "state" ? box?.parentElement.textContent.trim() || value : value;
  const chip = createElement("button", { type: "button", className: "filter-chip", textContent: describeFilter(name, shown, label) });
  chip.setAttribute("aria-label", `Remove the filter ${chip.textContent}`);
  chip.addEventListener("click", () => {
    const filters = readFilters(location.search);
    const others = filters.getAll(name).filter((one) => one !== value);
    filters.delete(name);
    for (const other of others) filters.append(name, other);
    changeAddress({}, filters);
  });
  return chip;
}

function writeFilters() {
  clearTimeout(writeTimer);
  const before = readFilters(location.search);
  const filters = new URLSearchParams();
  for (const name of ["q", "sort"]) if (before.get(name)) filters.set(name, before.get(name));
  if (before.get("sweep")) filters.set("sweep", before.get("sweep"));
  for (const [name, value] of new FormData($("#gallery .filters form"))) if (value.trim()) filters.append(name, value.trim());
  if (filters.toString() !== before.toString()) changeAddress({}, filters);
}
