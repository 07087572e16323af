// Messages: a live region for screen readers, and a toast that disappears.
import { $$, createElement } from "./dom.js";

const TOAST_MILLISECONDS = 2600;
let region = null;
let toast = null;
let toastTimer = 0;

export function createMessageAreas() {
  region = createElement("div", { className: "unseen" });
  region.setAttribute("role", "status");
  toast = createElement("div", { className: "toast" });
  document.body.append(region, toast);
}

// Where messages are seen and heard: everything outside of an open dialog is covered and silent.
export const topmost = () => $$("dialog[open]").at(-1) || document.body;

export function announce(text) {
  if (region && region.parentElement !== topmost()) topmost().append(region);
  if (region && text && region.textContent !== text) region.textContent = text;
}

export function showToast(text, { silent = false } = {}) {
  if (!toast) return;
  if (toast.parentElement !== topmost()) topmost().append(toast);
  toast.textContent = text;
  toast.classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.classList.remove("on"), TOAST_MILLISECONDS);
  if (!silent) announce(text);
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = createElement("textarea", { value: text });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  showToast("Copied.");
}
