// Zoom and pan of one image, or of several that move together.
import { $$ } from "./dom.js";

const MIN_ZOOM = 1;
const MAX_ZOOM = 8;
const KEY_STEP = 60; // pixels that an arrow key moves the image

// The zoom after a turn of the wheel, within its bounds.
export const nextZoom = (zoom, delta) => Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom * (delta < 0 ? 1.2 : 1 / 1.2)));

// `findAreas` returns the elements that contain one image each. Returns what sets the zoom from outside.
export function createZoom(root, findAreas) {
  const view = { zoom: 1, x: 0, y: 0, isActual: false };
  let from = null;

  function render() {
    for (const area of findAreas()) {
      area.classList.toggle("actual", view.isActual);
      for (const image of $$("img", area)) image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
    }
  }
  function reset(isActual) {
    Object.assign(view, { zoom: 1, x: 0, y: 0, isActual });
    render();
  }
  function move(x, y) {
    Object.assign(view, { x: view.x + x, y: view.y + y });
    render();
  }
  function zoomBy(delta) {
    view.zoom = nextZoom(view.zoom, delta);
    render();
  }
  const areaOf = (event) => findAreas().find((area) => area.contains(event.target));

  root.addEventListener("pointerdown", (event) => {
    const area = areaOf(event);
    if (!area || event.button !== 0) return;
    from = { x: event.clientX - view.x, y: event.clientY - view.y };
    area.setPointerCapture(event.pointerId);
  });
  root.addEventListener("pointermove", (event) => {
    if (!from) return;
    Object.assign(view, { x: event.clientX - from.x, y: event.clientY - from.y });
    render();
  });
  for (const kind of ["pointerup", "pointercancel"]) root.addEventListener(kind, () => (from = null));
  root.addEventListener("dblclick", (event) => areaOf(event) && reset(!view.isActual));
  root.addEventListener("wheel", (event) => {
    if (!areaOf(event)) return;
    event.preventDefault();
    zoomBy(event.deltaY);
  }, { passive: false });

  // Keys: 0 and 1 choose the size, + and - zoom, and the arrows move with Shift.
  function handleKey(event) {
    const steps = { ArrowLeft: [KEY_STEP, 0], ArrowRight: [-KEY_STEP, 0], ArrowUp: [0, KEY_STEP], ArrowDown: [0, -KEY_STEP] };
    if (event.key === "0") reset(false);
    else if (event.key === "1") reset(true);
    else if (["+", "-"].includes(event.key)) zoomBy(event.key === "+" ? -1 : 1);
    else if (event.shiftKey && steps[event.key]) move(...steps[event.key]);
    else return false;
    event.preventDefault();
    return true;
  }
  return { reset, handleKey };
}
