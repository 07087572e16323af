// The help of a field: a button at its label opens it, and F1 while the field has the focus.
import { $, $$, findField } from "./dom.js";

export function installAbout() {
  document.addEventListener("keydown", (event) => {
    const field = event.key === "F1" && event.target.closest?.(".field");
    const button = field && $(":scope > .about > button", field);
    if (!button) return;
    event.preventDefault();
    toggleAbout({}, button);
  });
  document.addEventListener("click", (event) => closeAbout(event.target.closest?.(".about")));
}

export function toggleAbout(_, button) {
  const about = button.closest(".about");
  closeAbout(about);
  const text = $("p", about);
  text.hidden = !text.hidden;
  button.setAttribute("aria-expanded", String(!text.hidden));
}

// Returns whether a text was open.
export function closeAbout(except = null) {
  const open = $$(".about > p:not([hidden])").filter((text) => text.parentElement !== except);
  for (const text of open) {
    text.hidden = true;
    $("button", text.parentElement).setAttribute("aria-expanded", "false");
  }
  return open.length > 0;
}

// Screen readers read the help with the field.
export const aboutId = (name) => $(":scope > .about > p", findField(name))?.id || "";
