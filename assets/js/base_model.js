// A finetune works only at the endpoints of the model that it was trained for. The page knows that model for some
// finetunes of the account. It reports another endpoint at the field, and holds back the next press once.
import { showToast } from "./announcements.js";
import { addPressCheck } from "./bridge.js";
import { findInput } from "./dom.js";
import { endpoints, shownPath } from "./endpoints.js";
import { addErrorSource, showErrors } from "./field_errors.js";
import { findEndpoints, readFinetunes } from "./finetune_list.js";
import { goToField } from "./scrolling.js";

const FIELD = "finetune_id";
let shown = ""; // the message at the field
let seen = ""; // the message that has held back a press

// What is wrong with a finetune at an endpoint; "" if nothing is, or nothing is known.
export function baseModelMessage(id, path, finetunes, known) {
  const base = finetunes.find((finetune) => finetune.id === id.trim())?.base;
  const fitting = findEndpoints(base, known);
  if (!fitting.length || fitting.includes(path)) return "";
  return `was trained for ${base}. Its endpoint is ${fitting.join(" or ")}.`;
}

export function installBaseModel() {
  addErrorSource((errors) => {
    const message = currentMessage();
    if (message) (errors[FIELD] ??= []).push(message);
    if (message && message !== shown) showErrors(FIELD);
    shown = message;
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

const currentMessage = () => baseModelMessage(findInput(FIELD)?.value || "", shownPath(), readFinetunes(), endpoints());
