// Scrolls to the result or to a field, and keeps the focus where the user was.
import { $, findField, findInput } from "./dom.js";

const OPENING_MILLISECONDS = 60;
let awaitedId = null; // id of the shown image when Generate was pressed; the page scrolls to its successor
let wasResultFocused = false;
let latestOffer = ""; // an offer is at the form; the press that asked for it may have been far from there

export const isNarrow = () => matchMedia("(max-width: 860px)").matches;
export const scrollBehavior = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

export function awaitNextResult() {
  awaitedId = $("#stage .frame")?.dataset.id ?? null;
}

// In a narrow window always; else only if less than half of the image is visible.
export function scrollToResult() {
  const result = $("#result");
  if (!result) return;
  const { top, bottom } = ($("#stage .frame") || result).getBoundingClientRect();
  const visible = Math.min(bottom, innerHeight) - Math.max(top, 0);
  if (isNarrow() || visible < Math.min(bottom - top, innerHeight) / 2) {
    result.scrollIntoView({ block: "start", behavior: scrollBehavior() });
  }
}

export function goToField(name) {
  const field = findField(name);
  if (!field) return;
  const advanced = field.closest("#advanced");
  if (advanced && !field.offsetParent) $("button.label-wrap", advanced)?.click();
  setTimeout(() => {
    field.scrollIntoView({ block: "center", behavior: scrollBehavior() });
    const input = findInput(name);
    (input?.offsetParent ? input : $("input, button", $(".image-list", field) || field))?.focus({ preventScroll: true });
  }, OPENING_MILLISECONDS);
}

export function installScrolling() {
  document.addEventListener("focusin", (event) => (wasResultFocused = Boolean(event.target.closest?.("#stage"))));
}

// The focused element of the result may be replaced. The next Tab then continues from the result, not from the top.
export function keepPlace() {
  const stage = $("#stage");
  const frame = $("#stage .frame");
  if (wasResultFocused && stage && document.activeElement === document.body) {
    stage.tabIndex = -1;
    stage.focus({ preventScroll: true });
  }
  showOffer();
  if (awaitedId === null || !frame || frame.dataset.id === awaitedId) return;
  awaitedId = null;
  scrollToResult();
}

function showOffer() {
  const offer = $("#notice .offer");
  const name = offer?.dataset.name || "";
  if (name === latestOffer) return;
  latestOffer = name;
  if (!offer) return;
  const { top, bottom } = offer.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) offer.scrollIntoView({ block: "center", behavior: scrollBehavior() });
}
