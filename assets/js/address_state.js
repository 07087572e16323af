// What the address of the page says: whether the gallery or a comparison is open, with which filters and selection.

export const GALLERY = "gallery";
export const COMPARE = "compare";
export const OPEN = "open"; // the image that is open in the gallery
export const SHEET = "sheet"; // the sweep that is open
export const SELECTED = "selected"; // the images that are selected in the gallery
const OWN = [GALLERY, COMPARE, SHEET, OPEN, SELECTED, "image", "endpoint", "recipe", "__theme"];

// The filters of an address, without the parameters of the page.
export function readFilters(search) {
  const filters = new URLSearchParams(search);
  for (const name of OWN) filters.delete(name);
  return filters;
}

// The parameters of the page after a change: `filters` replace the earlier ones; a value of null removes a parameter.
export function withParameters(search, changes, filters = readFilters(search)) {
  const kept = new URLSearchParams();
  const before = new URLSearchParams(search);
  for (const name of OWN) if (before.has(name)) kept.set(name, before.get(name));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) kept.delete(name);
    else kept.set(name, value);
  }
  if (!kept.has(GALLERY)) kept.delete(SELECTED);
  if (kept.has(GALLERY)) for (const [name, value] of filters) kept.append(name, value);
  const text = kept.toString().replace(/%2C/g, ",").replace(/=(?=&|$)/g, "");
  return text && `?${text}`;
}

// `state` is what the entry of the browser's history keeps beside its address.
export function changeAddress(changes, filters, { replace = false, state = history.state } = {}) {
  const address = location.pathname + withParameters(location.search, changes, filters);
  if (replace) history.replaceState(state, "", address);
  else history.pushState(state, "", address);
  dispatchEvent(new Event("addresschange"));
}

export const readParameter = (name) => new URLSearchParams(location.search).get(name);
