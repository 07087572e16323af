// The slider of a number whose schema states no bounds: it offers the useful range, and any other number can be typed.
import { $, $$, findInput, nameOfField, setField } from "./dom.js";
import { onFrame } from "./rendering.js";

const SLIDER = ".suggested input";

export function installSuggestedRanges() {
  onFrame(() => $$(SLIDER).forEach(followText));
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".field.ranged");
    const slider = field && $(SLIDER, field);
    if (!slider) return;
    if (event.target === slider) setField(nameOfField(field), slider.value);
    followText(slider);
  });
}

// The slider stays at its end for a number beyond it, and keeps its place while the text is no number.
function followText(slider) {
  const text = findInput(nameOfField(slider.closest(".field")))?.value.trim();
  const number = Number(text);
  if (!text || !Number.isFinite(number)) return;
  if (Number(slider.value) !== number) slider.value = String(number);
  const share = (Number(slider.value) - slider.min) / (slider.max - slider.min);
  slider.style.setProperty("--range_progress", `${100 * share}%`);
}
