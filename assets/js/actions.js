// The actions of controls. Those in the table are done here; all others are sent to the program.
import { toggleAbout } from "./about.js";
import { copyText } from "./announcements.js";
import { rateImage, starImages } from "./annotations.js";
import { changeKey, chooseServer, submitKey } from "./account.js";
import { chooseSchemaFile, openSchemaPanel, replaceSchema } from "./api_schema.js";
import { insist, send } from "./bridge.js";
import { chooseCompareMode, closeCompare, compareSelected, compareWithPrevious, fitCompared, removeCompared, showActualSize, swapCompared } from "./compare.js";
import { chooseCount } from "./count.js";
import { deleteImages } from "./deletions.js";
import { $ } from "./dom.js";
import { chooseEndpoint, hideLegacyNote, withEndpoint } from "./endpoints.js";
import { toggleFinetuneList } from "./finetune_list.js";
import { chooseShape, insertTriggerWord, rollSeed, swapSides, useExample } from "./form.js";
import { toggleGallery } from "./gallery.js";
import { clearFilters } from "./gallery_filters.js";
import { selectAll } from "./gallery_grid.js";
import { openImage, openOnPage } from "./gallery_image.js";
import { applyImport, chooseSettingsFile, closeDialog, openElsewhere, showImported, useAsImagePrompt } from "./import.js";
import { toggleJson } from "./json_editor.js";
import { openLightbox } from "./lightbox.js";
import { toggleNotifications } from "./notifications.js";
import { closePanelOf, copyCode, copyLink, reproduce, selectTab, toggleDraft } from "./panels.js";
import { togglePanel } from "./panels.js";
import { openPromptHistory } from "./prompt_history.js";
import { goToField, scrollToResult } from "./scrolling.js";
import { applySeedLock, toggleSeedLock } from "./seed_lock.js";
import { clearSelection, selectedIds } from "./selection.js";
import { closeShortcutList, openShortcutList, toggleLetters } from "./shortcut_list.js";
import { openSavedPlans, openSavedValues } from "./saved_plans.js";
import { cancelCell, changeSweepAxes, closeSheet, collectCells, deleteSweep, exportSheet, pauseSweep, resumeSweep, retrySweep, showSweepInGallery, stopSweep, voteOnSweep } from "./sheet.js";
import { clearPicks, comparePicks, openSheetCell, starPicks, toggleDifferences } from "./sheet_cells.js";
import { scoreImages, toggleScoreOrder } from "./sheet_scores.js";
import { openSheet, openSweepList } from "./sweep_list.js";
import { addEmptyAxis, choosePreset, openPlan, removeAxis, startSweep, toggleSweepPanel } from "./sweep_panel.js";
import { chooseTheme } from "./theme.js";
import { chooseImportFiles, exportImages } from "./transfer.js";

// Each gets the data attributes of its control, and the control.
const LOCAL_ACTIONS = {
  about: toggleAbout,
  adopt: replaceSchema,
  api: openApiDocumentation,
  apply: applyImport,
  asimage: useAsImagePrompt,
  "clear-filters": clearFilters,
  close: closeShortcutList,
  "compare-actual": showActualSize,
  "compare-close": closeCompare,
  "compare-fit": fitCompared,
  "compare-mode": chooseCompareMode,
  "compare-remove": removeCompared,
  "compare-selected": compareSelected,
  "compare-swap": swapCompared,
  "compare-with": compareWithPrevious,
  copy: (data) => copyText(data.copy),
  copylink: copyLink,
  copytext: copyCode,
  count: chooseCount,
  delete: ({ id }) => deleteImages(id ? [id] : selectedIds()),
  dice: rollSeed,
  document: chooseSchemaFile,
  draft: toggleDraft,
  elsewhere: openElsewhere,
  enlarge: openLightbox,
  example: useExample,
  export: exportImages,
  finetunes: toggleFinetuneList,
  gallery: toggleGallery,
  goto: (data) => goToField(data.field),
  import: chooseImportFiles,
  insist,
  json: toggleJson,
  key: changeKey,
  keys: openShortcutList,
  legacy: hideLegacyNote,
  letters: toggleLetters,
  lock: toggleSeedLock,
  notify: toggleNotifications,
  open: openImage,
  openfile: chooseSettingsFile,
  "open-cell": openSheetCell,
  "open-sheet": openSheet,
  panel: togglePanel,
  prompts: openPromptHistory,
  rate: rateImage,
  recall,
  reproduce,
  schema: openSchemaPanel,
  server: chooseServer,
  shape: chooseShape,
  "select-all": selectAll,
  "select-none": clearSelection,
  "sheet-close": closeSheet,
  "sheet-compare": comparePicks,
  "sheet-gallery": showSweepInGallery,
  "sheet-none": clearPicks,
  "sheet-star": starPicks,
  show: showImported,
  star: ({ id }) => starImages([id]),
  "star-all": () => starImages(selectedIds()),
  successor: chooseEndpoint,
  swap: swapSides,
  sweep: toggleSweepPanel,
  "sweep-add": addEmptyAxis,
  "sweep-again": ({ id, endpoint }) => openPlan(endpoint, { sweep: id }),
  "sweep-cancel": cancelCell,
  "sweep-collect": collectCells,
  "sweep-delete": deleteSweep,
  "sweep-difference": toggleDifferences,
  "sweep-edit": changeSweepAxes,
  "sweep-image": ({ id, endpoint }) => openPlan(endpoint, { id }),
  "sweep-pause": pauseSweep,
  "sweep-plans": openSavedPlans,
  "sweep-preset": choosePreset,
  "sweep-remove": removeAxis,
  "sweep-report": exportSheet,
  "sweep-resume": resumeSweep,
  "sweep-retry": retrySweep,
  "sweep-score": scoreImages,
  "sweep-sort": toggleScoreOrder,
  "sweep-start": startSweep,
  "sweep-stop": stopSweep,
  "sweep-values": openSavedValues,
  "sweep-vote": voteOnSweep,
  sweeps: openSweepList,
  tab: selectTab,
  theme: chooseTheme,
  trigger: insertTriggerWord,
  unpanel: closePanelOf,
  unsheet: closeDialog,
  workbench: openOnPage,
};

const SCROLLING_ACTIONS = ["again", "vary", "collect", "show"];

export function installActions() {
  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("[data-act]");
    if (!control || control.tagName === "FORM") return;
    if (control.tagName === "A") event.preventDefault();
    const { act, ...data } = control.dataset;
    runAction(act, data, control);
    const menu = control.closest("details.popover:not(.key, .document)");
    if (menu && control.role !== "radio") menu.open = false;
  });
  document.addEventListener("submit", submitKey);
  addEventListener("runaction", ({ detail }) => runAction(detail.act, detail.data, detail.control));
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

// Gradio opens its API documentation from a button in its own footer, which the page hides.
function openApiDocumentation() {
  $("footer button")?.click();
}
