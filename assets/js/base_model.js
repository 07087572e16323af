// A finetune works only at the endpoints of the model that it was trained for. The page knows that model for some
// finetunes of the account. It reports another endpoint at the field, and holds back the next press once.
import { showToast } from "./announcements.js";
import { addPressCheck } from "./bridge.js";
import { findInput } from "./dom.js";
import { endpoints, shownPath } from "./endpoints.js";
import { addErrorSource } from "./field_errors.js";
import { baseModelMessage } from "./finetune_fit.js";
import { readFinetunes } from "./finetune_list.js";
import { goToField } from "./scrolling.js";

const FIELD = "finetune_id";
let seen = ""; // the message that has held back a press

export function installBaseModel() {
  addErrorSource((errors) => {
    const message = currentMessage();
    if (message) (errors[FIELD] ??= []).push(message);
  });
  addPressCheck(() => {
    const message = currentMessage();
    if (!message || message === seen) return false;
    seen = message;
    goToField(FIELD);
    showToast("Check the finetune, then press again.");
    return true;
  });
}

function currentMessage() {
  const id = findInput(FIELD)?.value.trim();
  const finetune = id && readFinetunes().find((known) => known.id === id);
  return finetune ? baseModelMessage(finetune, shownPath(), endpoints()) : "";
}
