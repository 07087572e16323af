// The shown image is in the address of the page, so that Back and Forward work and a link leads to one image.
import { showToast } from "./announcements.js";
import { send } from "./bridge.js";
import { $ } from "./dom.js";
import { onFrame } from "./rendering.js";
import { IMAGE_PARAMETER, imageInAddress } from "./session.js";

let shownId = null; // id of the image in the address
let isReturning = false; // whether the next image comes from Back or Forward

export function installImageAddress() {
  onFrame(writeAddress);
  addEventListener("popstate", () => {
    const id = imageInAddress();
    if (!id || id === $("#stage .frame")?.dataset.id) return;
    isReturning = true;
    send("show", { id });
  });
}

function writeAddress() {
  const frame = $("#stage .frame");
  const id = frame?.dataset.id;
  if (!id || id === shownId || !$("#history section")) return;
  const isFirst = shownId === null;
  if (isFirst && imageInAddress() && imageInAddress() !== id) showToast("This image is not in your history.");
  shownId = id;
  if (imageInAddress() === id) isReturning = false;
  else {
    const address = new URL(location.href);
    address.searchParams.set(IMAGE_PARAMETER, id);
    if (isFirst || isReturning) history.replaceState(history.state, "", address);
    else history.pushState(history.state, "", address);
    isReturning = false;
  }
}
