// What the hidden inputs for images hold: a list with { path } or { address } for each image, as JSON.
import { $, $$, setInput } from "./dom.js";

export const imageBoxes = () => $$(".field .images :is(textarea, input)");
export const blockOf = (box) => box.closest(".images");
export const fieldNameOf = (box) => box.closest(".field").id.slice("field-".length);

export function readEntries(box) {
  try {
    const entries = JSON.parse(box.value || "[]");
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}

export const writeEntries = (box, entries) => setInput(box, entries.length ? JSON.stringify(entries) : "");

export const allImages = () => imageBoxes().map((box) => ({ name: fieldNameOf(box), entries: readEntries(box) }));

// How many images an input takes, and as what. The program writes it among the classes of the input.
export function boundsOf(box) {
  const classes = blockOf(box).classList;
  const number = (prefix) => Number([...classes].find((name) => name.startsWith(prefix))?.slice(prefix.length));
  return {
    least: number("least-") || 0,
    most: number("most-") || Infinity,
    takesFiles: classes.contains("files"),
    takesAddresses: classes.contains("addresses"),
  };
}

export const moveItem = (items, from, to) => items.toSpliced(from, 1).toSpliced(to, 0, items[from]);

// What is wrong with the address of an image by its form; "" for an https address.
export function addressFault(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "https:" && url.hostname && !/\s/.test(text)) return "";
  return "Enter an address that begins with https://.";
}
