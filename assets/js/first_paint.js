// Shows the page when it is complete, so that nothing moves while Gradio draws one part after the other. A returning
// browser also waits for its history and the values of its form. The style shows the page after 8 s in any case.
import { isReady } from "./bridge.js";
import { $, $$ } from "./dom.js";
import { hasKeptForm, restoreForm } from "./persistence.js";
import { onFrame } from "./rendering.js";

const MAX_RESTORE_MILLISECONDS = 4000; // for history and form values, once the form is complete
let completeAt = 0;

// Every field has its input, and what belongs under it.
function isFormComplete() {
  const fields = $$(".field");
  const isComplete = (field) => $(":scope > .hints", field) && $(":scope > :not(.hints, .tools)", field);
  return isReady() && $("#generate") && fields.length && fields.every(isComplete);
}

// At once when the form is drawn, and in every frame until the page is shown.
export function installFirstPaint() {
  onFrame(showWhenComplete);
  checkEachFrame();
}

function checkEachFrame() {
  showWhenComplete();
  if (!isPageShown()) requestAnimationFrame(checkEachFrame);
}

const isPageShown = () => document.documentElement.classList.contains("there");

function showWhenComplete() {
  if (isPageShown()) return;
  if (!completeAt && isFormComplete()) completeAt = performance.now();
  const isRestored = completeAt && (!hasKeptForm() || (restoreForm() && $("#history section")));
  const isLate = completeAt && performance.now() - completeAt > MAX_RESTORE_MILLISECONDS;
  if (isRestored || isLate) document.documentElement.classList.add("there");
}
