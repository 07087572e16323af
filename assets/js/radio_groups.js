// Radio groups of our own buttons: one tab stop; the arrow keys choose.
import { $$ } from "./dom.js";

const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

export function installRadioGroups() {
  document.addEventListener("keydown", (event) => {
    const current = event.target.closest?.("[role=radio][data-act]");
    const step = STEPS[event.key];
    if (!current || !step) return;
    const options = $$("[role=radio]", current.closest("[role=radiogroup]"));
    const next = options[(options.indexOf(current) + step + options.length) % options.length];
    event.preventDefault();
    event.stopImmediatePropagation();
    next.focus();
    next.click();
  }, true);
}
