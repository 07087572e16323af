// How many images a press on Generate makes.
import { $, $$, findInput, setAttribute } from "./dom.js";
import { page } from "./page_state.js";
import { onFrame } from "./rendering.js";

export function installCount() {
  onFrame(renderCount);
  document.addEventListener("input", (event) => event.target === findInput("seed") && renderCount());
}

// As `ui/text/amounts.py`: "7 credits ($0.07)".
export function formatCredits(credits) {
  const number = format(credits, 0, 4);
  return `${number} credit${number === "1" ? "" : "s"} ($${format(credits / 100, 2, 6)})`;
}

const format = (number, least, most) =>
  number.toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: most });

export function chooseCount({ value }) {
  page.count = Number(value);
  renderCount();
}

// "7 credits ($0.07), list price · 93 left" becomes "4 images · 28 credits ($0.28), list price", with a typed seed
// "4 images · seeds 7–10 · 28 credits ($0.28), list price".
export function totalPrice({ text, credits, label }, count, seed = "") {
  if (count === 1) return text;
  const about = text.startsWith("≈") ? "≈ " : "";
  const price = credits === "" ? text : `${about}${formatCredits(Number(credits) * count)}, ${label}`;
  const seeds = /^\d{1,15}$/.test(seed.trim()) ? `seeds ${Number(seed)}–${Number(seed) + count - 1} · ` : "";
  return `${count} images · ${seeds}${price}`;
}

function renderCount() {
  for (const option of $$("[data-act=count]")) {
    const isChosen = Number(option.dataset.value) === page.count;
    setAttribute(option, "aria-checked", isChosen);
    option.tabIndex = isChosen ? 0 : -1;
  }
  const line = $("#price .price");
  const text = line && totalPrice(line.dataset, page.count, findInput("seed")?.value || "");
  if (line && line.textContent !== text) line.textContent = text;
}
