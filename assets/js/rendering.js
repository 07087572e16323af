// One observer of the page. Renderers bring our parts of the page up to date after Gradio has changed something.
import { $ } from "./dom.js";

const changeRenderers = [];
const frameRenderers = [];
let isFrameRequested = false;
let isFirst = true;

// The renderer runs at once, with the list of changes.
export const onChange = (renderer) => changeRenderers.push(renderer);

// The renderer runs at most once a frame, as soon as there is a form.
export const onFrame = (renderer) => frameRenderers.push(renderer);

export function requestFrame() {
  if (isFrameRequested) return;
  isFrameRequested = true;
  requestAnimationFrame(() => {
    isFrameRequested = false;
    runFrame();
  });
}

function runFrame() {
  for (const render of frameRenderers) render();
}

export function observePage() {
  const observer = new MutationObserver((changes) => {
    for (const render of changeRenderers) render(changes);
    if (!$("#generate") || changes.every((change) => change.attributeName === "class")) return;
    if (isFirst) {
      isFirst = false;
      runFrame(); // at once: the first frame with a form is drawn complete
    }
    requestFrame();
  });
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["open", "class", "data-answer"] });
}
