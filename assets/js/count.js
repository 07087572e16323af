// How many images a press on Generate makes.
import { $, $$, findInput, setAttribute } from "./dom.js";
import { page } from "./page_state.js";
import { onFrame } from "./rendering.js";

export function installCount() {
  onFrame(renderCount);
  document.addEventListener("input", (event) => event.target === findInput("seed") && renderCount());
}

export function chooseCount({ value }) {
  page.count = Number(value);
  renderCount();
}

// "≈ 7 credits · 93 left" becomes "4 images · ≈ 28 credits", with a typed seed "4 images · seeds 7–10 · ≈ 28 credits".
export function totalPrice(text, credits, count, seed = "") {
  if (count === 1) return text;
  const price = credits === "" ? text : `≈ ${Number((Number(credits) * count).toPrecision(4))} credits`;
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
  const text = line && totalPrice(line.dataset.text, line.dataset.credits, page.count, findInput("seed")?.value || "");
  if (line && line.textContent !== text) line.textContent = text;
}
