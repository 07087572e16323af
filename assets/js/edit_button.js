// On a phone, a button leads back to the form while the form is out of the window.
import { $, createElement } from "./dom.js";
import { onFrame } from "./rendering.js";
import { scrollBehavior } from "./scrolling.js";

let observed = null;

export function createEditButton() {
  const button = createElement("button", { id: "edit", type: "button", className: "edit solid", textContent: "Edit settings" });
  button.hidden = true;
  button.addEventListener("click", () => $("#form .fields")?.scrollIntoView({ block: "start", behavior: scrollBehavior() }));
  document.body.append(button);
  onFrame(observeForm);
}

function observeForm() {
  const form = $("#press");
  if (!form || form === observed) return;
  observed = form;
  new IntersectionObserver(([entry]) => {
    $("#edit").hidden = entry.isIntersecting || entry.boundingClientRect.top > 0;
  }).observe(form);
}
