// The list of keyboard shortcuts, with the switch for single letters.
import { $, createElement, setAttribute } from "./dom.js";
import { localStore } from "./storage.js";

const LETTERS_OFF = "flux-letters-off";

export const areLettersOn = () => localStore.get(LETTERS_OFF) !== "1";

export function createShortcutList() {
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const shortcuts = [
    [[isMac ? "⌘" : "Ctrl", "Enter"], "Generate"],
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
  const rows = shortcuts.map(([keys, effect]) => {
    return `<dt>${keys.map((key) => `<kbd>${key}</kbd>`).join(" ")}</dt><dd>${effect}</dd>`;
  });
  const dialog = createElement("dialog", { id: "keys" });
  dialog.setAttribute("aria-labelledby", "keys-head");
  dialog.innerHTML = `<h2 id="keys-head">Keyboard shortcuts</h2><dl>${rows.join("")}</dl>
    <p>A, R, P and S work while the image or the history has the focus.</p>
    <div class="notify"><button type="button" id="letters" class="quiet" role="switch" data-act="letters"
    aria-checked="${areLettersOn()}"><i class="knob" aria-hidden="true"></i>
    <span>Use single-letter shortcuts</span></button></div>
    <button type="button" class="solid" data-act="close">Close</button>`;
  document.body.append(dialog);
  document.documentElement.classList.toggle("mac", isMac); // the style shows the shortcut on Generate
}

export const openShortcutList = () => $("#keys")?.showModal();
export const closeShortcutList = () => $("#keys")?.close();

export function toggleLetters() {
  localStore.set(LETTERS_OFF, areLettersOn() ? "1" : null);
  setAttribute($("#letters"), "aria-checked", areLettersOn());
}
