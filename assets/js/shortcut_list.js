// The list of keyboard shortcuts, with the switch for single letters.
import { $, createElement, setAttribute } from "./dom.js";
import { localStore } from "./storage.js";

const LETTERS_OFF = "flux-letters-off";

export const areLettersOn = () => localStore.get(LETTERS_OFF) !== "1";

export function createShortcutList() {
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const control = isMac ? "⌘" : "Ctrl";
  const shortcuts = [
    [[control, "Enter"], "Generate"],
    [["Esc"], "Stop waiting"],
    [["←", "→"], "Next, previous image"],
    [["A"], "Reuse all settings"],
    [["R"], "Reuse without seed"],
    [["P"], "Reuse the prompt"],
    [["S"], "Reuse the seed"],
    [["G"], "Open the gallery"],
    [["H"], "Show earlier prompts"],
    [["F1"], "Help for the field in use"],
    [["?"], "Show shortcuts"],
  ];
  const ofGallery = [
    [["/"], "Search"],
    [["X"], "Select an image"],
    [[control, "A"], "Select all shown"],
    [["S"], "Star"],
    [["1", "…", "5"], "Rate"],
    [["Del"], "Delete"],
    [[control, "Z"], "Undo deleting"],
    [["C"], "Hold to compare an open image"],
    [["M"], "Next view of a comparison"],
  ];
  const dialog = createElement("dialog", { id: "keys" });
  dialog.setAttribute("aria-labelledby", "keys-head");
  dialog.innerHTML = `<h2 id="keys-head">Keyboard shortcuts</h2><div class="lists"><dl>${describeShortcuts(shortcuts)}</dl>
    <div><h3>In the gallery</h3><dl>${describeShortcuts(ofGallery)}</dl></div></div>
    <div class="notify"><button type="button" id="letters" class="quiet" role="switch" data-act="letters"
    aria-checked="${areLettersOn()}"><i class="knob" aria-hidden="true"></i>
    <span>Use single-letter shortcuts</span></button>
    <p>A, R, P and S work while the image or the history has the focus.</p></div>
    <button type="button" class="solid" data-act="close">Close</button>`;
  document.body.append(dialog);
  document.documentElement.classList.toggle("mac", isMac); // the style shows the shortcut on Generate
}

const describeShortcuts = (shortcuts) =>
  shortcuts.map(([keys, effect]) => `<dt>${keys.map((key) => `<kbd>${key}</kbd>`).join(" ")}</dt><dd>${effect}</dd>`).join("");

export const openShortcutList = () => $("#keys")?.showModal();
export const closeShortcutList = () => $("#keys")?.close();

export function toggleLetters() {
  localStore.set(LETTERS_OFF, areLettersOn() ? "1" : null);
  setAttribute($("#letters"), "aria-checked", areLettersOn());
}
