// The request as JSON beside the form. Each follows the other.
import { showToast } from "./announcements.js";
import { addPressCheck, send } from "./bridge.js";
import { $, setAttribute } from "./dom.js";
import { onChange } from "./rendering.js";

const FORM_MILLISECONDS = 350; // from a change of the form to the new JSON
const JSON_MILLISECONDS = 400; // from a change of the JSON to the new form
const PRESS_MILLISECONDS = 5000; // for which a press waits: a late one would be a surprise that costs money
let formTimer = 0;
let jsonTimer = 0;
let jsonQuestion = 0; // number of the latest request for the JSON of the form
let settled = 0; // answers up to this number are on the screen, or older than the latest edit
let edit = 0; // number of the latest edit of the JSON
let appliedEdit = 0;
let pressUntil = 0; // moment until which a press waits for the latest edit; 0 for no press

const isJsonOpen = () => document.body.classList.contains("json-open");

export function installJsonEditor() {
  addPressCheck(holdBackForJson);
  onChange(renderJson);
  // An edit of the JSON fills the form as well: then the text stays as it is typed.
  addEventListener("formfill", () => document.activeElement?.id !== "json" && requestJson());
  for (const kind of ["input", "change", "click", "drop"]) document.addEventListener(kind, noteFormChange, true);
  document.addEventListener("input", (event) => {
    if (event.target.id !== "json") return;
    edit += 1;
    settled = jsonQuestion;
    pressUntil = 0;
    clearTimeout(jsonTimer);
    jsonTimer = setTimeout(applyJson, JSON_MILLISECONDS);
  });
}

function applyJson() {
  clearTimeout(jsonTimer);
  send("fromjson", { text: $("#json").value, edit: String(edit) });
}

// Whether a press is held back: the JSON on the screen is not in the form yet, or cannot be.
function holdBackForJson() {
  if (!isJsonOpen()) return false;
  if (appliedEdit !== edit) {
    pressUntil = performance.now() + PRESS_MILLISECONDS;
    showToast("Applying the JSON first…");
    applyJson();
    return true;
  }
  if ($("#json")?.getAttribute("aria-invalid") !== "true") return false;
  showToast("The JSON has a fault. Fix it, then press again.");
  $("#json").focus();
  return true;
}

export function requestJson() {
  if (!isJsonOpen()) return;
  jsonQuestion += 1;
  send("tojson", { number: String(jsonQuestion) });
}

export function toggleJson({ open }) {
  document.body.classList.toggle("json-open", open === "1" && !isJsonOpen());
  $("#json").value = ""; // until the form of now has arrived
  requestJson();
  (isJsonOpen() ? $("#json") : $("#formtools [data-act=json]"))?.focus();
}

function noteFormChange(event) {
  if (!isJsonOpen() || event.target.id === "json") return;
  if (!event.target.closest?.("#form .field, .tools, [role=listbox]")) return;
  pressUntil = 0;
  clearTimeout(formTimer);
  formTimer = setTimeout(requestJson, FORM_MILLISECONDS);
}

// The text is not replaced while the user edits it.
function renderJson() {
  const source = $("#json-now");
  const box = $("#json");
  if (!box) return;
  const number = Number(source?.dataset.answer || 0);
  if (number > settled && (document.activeElement !== box || !box.value)) {
    settled = number;
    box.value = source.textContent;
    appliedEdit = edit;
  }
  setAttribute(box, "aria-invalid", Boolean($("#json-state")?.classList.contains("fault")));
  const applied = Number($("[data-edit]")?.dataset.edit || 0);
  if (applied <= appliedEdit) return;
  appliedEdit = applied;
  if (appliedEdit !== edit || performance.now() > pressUntil) return;
  requestAnimationFrame(() => requestAnimationFrame(pressNow)); // Gradio writes the form's inputs meanwhile
}

function pressNow() {
  if (isJsonOpen() && performance.now() <= pressUntil) $("#generate")?.click();
  pressUntil = 0;
}
