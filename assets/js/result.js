// The shown image: its details, a long message, and the focus in the history.
import { $ } from "./dom.js";
import { page } from "./page_state.js";
import { onChange, onFrame } from "./rendering.js";
import { isNarrow, keepPlace } from "./scrolling.js";

let areDetailsOpen = false;

export function installResult() {
  onChange(keepDetailsOpen);
  onFrame(keepPlace);
  onFrame(makeLongMessageFocusable);
  onFrame(focusCard);
  // The toggle event is of no use here: Gradio closes the details too, when it reuses the elements.
  document.addEventListener("click", (event) => {
    const summary = event.target.closest?.("#stage details.details > summary");
    if (summary) areDetailsOpen = !summary.parentElement.open;
  });
}

// Open details stay open for the next image; at once, so that no frame is drawn without them.
function keepDetailsOpen() {
  const details = $("#stage details.details");
  if (details && areDetailsOpen && !details.open) details.open = true;
}

function makeLongMessageFocusable() {
  const message = $("#stage .said");
  if (message) message.tabIndex = message.scrollHeight > message.clientHeight + 1 ? 0 : -1;
}

function focusCard() {
  if (!page.focusCard) return;
  $(`#strip .card[data-id="${page.focusCard}"]`)?.focus({ preventScroll: isNarrow() });
  page.focusCard = null;
}
