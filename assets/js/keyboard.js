// Keyboard shortcuts, and popovers that close on Escape and on a click outside.
import { closeAbout } from "./about.js";
import { runAction } from "./actions.js";
import { $, $$ } from "./dom.js";
import { toggleGallery } from "./gallery.js";
import { page } from "./page_state.js";
import { clearSelection, selectedIds } from "./selection.js";
import { areLettersOn, openShortcutList } from "./shortcut_list.js";
import { closeView } from "./views.js";

const LETTERS = { a: "all", r: "but-seed", p: "prompt", s: "seed" };
const POPOVERS = "details.popover[open]";

const isTextInput = (target) => target.closest?.("input, textarea, select, [contenteditable=true], [role=combobox]");

const hasTypedText = (target) => target.matches?.("input[type=search], input[type=text], textarea") && target.value;

export function installKeyboard() {
  document.addEventListener("keydown", ignoreHeldKey, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) pressGenerate(event);
    else if ((event.key === "Escape" && closePopover()) || $("dialog[open]")) return;
    else if (!page.view) handleShortcut(event);
    else if (event.key === "Escape" && !hasTypedText(event.target)) leaveStep();
    else if (event.key === "?" && areLettersOn() && !isTextInput(event.target)) openShortcutList();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-act=key], [data-act=schema]")) return; // it may have opened the popover
    for (const popover of $$(POPOVERS)) {
      if (!popover.contains(event.target) && event.target.isConnected) popover.open = false;
    }
  });
}

// First the selection ends, then the view.
function leaveStep() {
  if (page.view === "gallery" && selectedIds().length) clearSelection();
  else closeView();
}

// A key that is held down presses a button once.
function ignoreHeldKey(event) {
  if (event.repeat && ["Enter", " "].includes(event.key) && event.target.closest?.("button")) event.preventDefault();
}

// Only in the form, or where nothing has the focus; never below something that covers the form.
function pressGenerate(event) {
  if (page.view || $("dialog[open], .api-docs")) return;
  if (event.target !== document.body && !event.target.closest?.("#form")) return;
  event.preventDefault();
  const button = event.target.closest?.(".sweep-panel") ? "[data-act=sweep-start]" : "#generate";
  if (!event.repeat) $(button)?.click();
}

function closePopover() {
  if (closeAbout()) return true;
  const drawer = $(".api-docs");
  if (drawer) {
    drawer.querySelector("button[aria-label=Close], .close, .backdrop")?.click();
    return true;
  }
  const popover = $(POPOVERS);
  if (!popover) return false;
  popover.open = false;
  $("summary", popover)?.focus();
  return true;
}

function handleShortcut(event) {
  const { key, target } = event;
  const isTyping = isTextInput(target);
  const waiting = $("#stage .frame.waiting");
  if (key === "Escape" && waiting && !isTyping) runAction("stop", { id: waiting.dataset.id });
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping) return;
  if (key.startsWith("Arrow") && target.closest?.("#strip, body > *, body")) selectNeighbor(event);
  if (!areLettersOn()) return;
  if (key === "?") openShortcutList();
  // A letter changes the form only while the result or the history has the focus; no letter costs money.
  const what = target.closest?.("#result, #history") && LETTERS[key];
  if (["g", "h"].includes(key)) event.preventDefault(); // else the letter is typed into the search
  if (key === "g") toggleGallery();
  if (key === "h") runAction("prompts", {});
  const recall = what && $("#stage [data-act=recall]");
  if (recall) runAction("recall", { id: recall.dataset.id, what });
}

function selectNeighbor(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const cards = $$("#strip .card");
  if (!step || !cards.length || event.target.closest?.("[role=slider], [role=radiogroup], fieldset")) return;
  const current = cards.findIndex((card) => card.getAttribute("aria-current") === "true");
  const next = cards[Math.min(cards.length - 1, Math.max(0, current + step))];
  if (!next || next === cards[current]) return;
  event.preventDefault();
  next.click();
  if (event.target.closest?.("#strip")) page.focusCard = next.dataset.id;
}
