// Radio groups and toolbars of our own buttons: one tab stop; the arrow keys choose, or move the focus.
import { $$ } from "./dom.js";

const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

export function installRadioGroups() {
  document.addEventListener("keydown", (event) => {
    const current = event.target.closest?.("[role=radio][data-act], [role=toolbar] button");
    const step = STEPS[event.key];
    if (!current || !step) return;
    const group = current.closest("[role=radiogroup], [role=toolbar]");
    const options = $$(group.role === "toolbar" ? "button" : "[role=radio]", group);
    const next = options[(options.indexOf(current) + step + options.length) % options.length];
    event.preventDefault();
    event.stopImmediatePropagation();
    next.focus();
    if (next.role === "radio") next.click();
  }, true);
}
