// The actions of controls. Those in the table are done here; all others are sent to the program.
import { copyText } from "./announcements.js";
import { changeKey, submitKey } from "./account.js";
import { chooseSchemaFile, replaceSchema } from "./api_schema.js";
import { insist, send } from "./bridge.js";
import { $ } from "./dom.js";
import { withEndpoint } from "./endpoints.js";
import { chooseShape, clearField, insertTriggerWord, reuseSeed, rollSeed, swapSides, useExample } from "./form.js";
import { applyImport, closeDialog, openElsewhere, showImported, useAsImagePrompt } from "./import.js";
import { toggleJson } from "./json_editor.js";
import { toggleNotifications } from "./notifications.js";
import { closePanelOf, copyCode, copyLink, reproduce, selectTab, toggleDraft } from "./panels.js";
import { toggleMore, togglePanel } from "./panels.js";
import { goToField, scrollToResult } from "./scrolling.js";
import { applySeedLock, toggleSeedLock } from "./seed_lock.js";
import { closeShortcutList, openShortcutList, toggleLetters } from "./shortcut_list.js";

// Each gets the data attributes of its control, and the control.
const LOCAL_ACTIONS = {
  adopt: replaceSchema,
  apply: applyImport,
  asimage: useAsImagePrompt,
  clear: clearField,
  close: closeShortcutList,
  copy: (data) => copyText(data.copy),
  copylink: copyLink,
  copytext: copyCode,
  dice: rollSeed,
  document: chooseSchemaFile,
  draft: toggleDraft,
  elsewhere: openElsewhere,
  example: useExample,
  goto: (data) => goToField(data.field),
  insist,
  json: toggleJson,
  key: changeKey,
  keys: openShortcutList,
  letters: toggleLetters,
  lock: toggleSeedLock,
  more: toggleMore,
  notify: toggleNotifications,
  panel: togglePanel,
  recall,
  reproduce,
  reuse: reuseSeed,
  shape: chooseShape,
  show: showImported,
  swap: swapSides,
  tab: selectTab,
  trigger: insertTriggerWord,
  unpanel: closePanelOf,
  unsheet: closeDialog,
};

const SCROLLING_ACTIONS = ["again", "vary", "collect", "show"];

export function installActions() {
  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("[data-act]");
    if (!control || control.tagName === "FORM") return;
    if (control.tagName === "A") event.preventDefault();
    const { act, ...data } = control.dataset;
    runAction(act, data, control);
  });
  document.addEventListener("submit", submitKey);
}

export function runAction(name, given, control) {
  const data = applySeedLock(name, given);
  if (data === null) return;
  const run = LOCAL_ACTIONS[name];
  if (run) run(data, control);
  else send(name, data);
  if (SCROLLING_ACTIONS.includes(name)) scrollToResult();
}

// All settings of an image belong into the form of its endpoint.
function recall(data) {
  const isWhole = ["all", "but-seed"].includes(data.what);
  withEndpoint(isWhole ? $("#stage .actions")?.dataset.endpoint : "", () => send("recall", data));
}
