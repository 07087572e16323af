// The title of the browser tab: state and elapsed time of the shown image.
import { announce } from "./announcements.js";
import { onTick } from "./clock.js";
import { $ } from "./dom.js";
import { onFrame } from "./rendering.js";

export const PAGE_NAME = "FLUX Playground";

// The number of running generations is shown from two.
export function titleText(state, elapsed, running) {
  if (!state) return PAGE_NAME;
  const count = running > 1 ? `(${running}) ` : "";
  return `${count}${state}${elapsed && ` ${elapsed}`} – ${PAGE_NAME}`;
}

export function installTitle() {
  onFrame(renderTitle);
  onTick(renderTitle);
}

function renderTitle() {
  const line = $("#stage .line");
  const state = line?.dataset.title || "";
  const elapsed = (line && $("time", line)?.textContent) || "";
  const title = titleText(state, elapsed, Number($("#history [data-running]")?.dataset.running || 0));
  if (document.title !== title) document.title = title;
  announce(state);
}
