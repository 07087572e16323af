// The aspect ratio: its buttons, and the exchange of width and height.
import { $$, findInput, setAttribute } from "./dom.js";

// "16:9" becomes "9:16"; null for a text that is not a ratio.
export function swapShape(text) {
  const parts = text.split(":");
  return parts.length === 2 ? `${parts[1].trim()}:${parts[0].trim()}` : null;
}

export function markShape() {
  const shape = (findInput("aspect_ratio")?.value || "").replace(/\s/g, "");
  const chips = $$(".shapes .chip");
  const chosen = chips.findIndex((chip) => chip.dataset.value === shape);
  for (const [number, chip] of chips.entries()) {
    setAttribute(chip, "aria-checked", number === chosen);
    chip.tabIndex = number === Math.max(chosen, 0) ? 0 : -1;
  }
}
