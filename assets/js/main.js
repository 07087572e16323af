// Starts the script of the page. `window.flux` has only what Gradio's inline scripts call.
import { installAbout } from "./about.js";
import { installAccount } from "./account.js";
import { installActions } from "./actions.js";
import { installAnnotations } from "./annotations.js";
import { createMessageAreas } from "./announcements.js";
import { installApiSchema } from "./api_schema.js";
import { installBaseModel } from "./base_model.js";
import { installBrokenImages } from "./broken_images.js";
import { installBridge, press, registerSender } from "./bridge.js";
import { startClock } from "./clock.js";
import { installCompare } from "./compare.js";
import { installCount } from "./count.js";
import { installDeletions } from "./deletions.js";
import { createEditButton } from "./edit_button.js";
import { installEndpoints } from "./endpoints.js";
import { installFieldErrors } from "./field_errors.js";
import { installFinetuneList } from "./finetune_list.js";
import { installFirstPaint } from "./first_paint.js";
import { fillUnderFields, installForm } from "./form.js";
import { installFormValues, recordFirstValues } from "./form_values.js";
import { installGallery } from "./gallery.js";
import { installFilters } from "./gallery_filters.js";
import { installGrid } from "./gallery_grid.js";
import { installGalleryImage } from "./gallery_image.js";
import { installImageAddress } from "./image_address.js";
import { installImageChecks } from "./image_checks.js";
import { installImageDrop } from "./image_drop.js";
import { installImageLists } from "./image_list.js";
import { createDropOverlay, installImport } from "./import.js";
import { installJsonEditor } from "./json_editor.js";
import { installKeyboard } from "./keyboard.js";
import { createLightbox } from "./lightbox.js";
import { addNotificationSwitch, installNotifications } from "./notifications.js";
import { installNumberBounds } from "./number_bounds.js";
import { installOtherTabs } from "./other_tabs.js";
import { installPanels } from "./panels.js";
import { installPersistence } from "./persistence.js";
import { installPrice } from "./price.js";
import { createPromptHistory } from "./prompt_history.js";
import { installRadioGroups } from "./radio_groups.js";
import { observePage, onChange, onFrame } from "./rendering.js";
import { installResult } from "./result.js";
import { warnAboutRootPath } from "./root_path.js";
import { installScrolling } from "./scrolling.js";
import { installSeedLock } from "./seed_lock.js";
import { installSelection } from "./selection.js";
import { startVisit } from "./session.js";
import { createShortcutList } from "./shortcut_list.js";
import { installSuggestedRanges } from "./suggested_range.js";
import { installTheme, renderTheme } from "./theme.js";
import { installSheet } from "./sheet.js";
import { installSheetCells } from "./sheet_cells.js";
import { installSweepPanel } from "./sweep_panel.js";
import { installTitle } from "./title.js";
import { installTransfer } from "./transfer.js";
import { installTriggerWord } from "./trigger_word.js";
import { installViews } from "./views.js";

window.flux = { registerSender, press, startVisit }; // and `send`, as soon as the program can be reached

onChange(recordFirstValues);
onFrame(fillUnderFields); // first, because other renderers write under the fields
const parts = [
  installRadioGroups,
  installTheme,
  installNumberBounds,
  installScrolling,
  installResult,
  installActions,
  installFormValues,
  installFieldErrors,
  installAccount,
  installTriggerWord,
  installImageChecks,
  installImageLists,
  installImageDrop,
  installForm,
  installKeyboard,
  installPersistence,
  installBridge,
  installBrokenImages,
  installTitle,
  installPanels,
  installImport,
  installApiSchema,
  installEndpoints,
  installJsonEditor,
  installSeedLock,
  installNotifications,
  installAbout,
  installCount,
  installPrice,
  installFinetuneList,
  installImageAddress,
  installOtherTabs,
  installAnnotations,
  installDeletions,
  installGallery,
  installFilters,
  installGrid,
  installSelection,
  installGalleryImage,
  installCompare,
  installTransfer,
  installSheet,
  installSheetCells,
  installSweepPanel,
  installViews,
  installBaseModel,
  installSuggestedRanges,
  installFirstPaint, // last, because it shows what the others have drawn
];
for (const install of parts) install();

function start() {
  renderTheme();
  createMessageAreas();
  warnAboutRootPath();
  createShortcutList();
  addNotificationSwitch();
  createDropOverlay();
  createLightbox();
  createEditButton();
  createPromptHistory();
  document.documentElement.lang ||= "en";
  observePage();
  startClock();
}

if (document.body) start();
else document.addEventListener("DOMContentLoaded", start);
