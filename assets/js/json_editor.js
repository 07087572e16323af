// The request as JSON beside the form. Each follows the other.
import { send } from "./bridge.js";
import { $, setAttribute } from "./dom.js";
import { onChange } from "./rendering.js";

const FORM_MILLISECONDS = 350; // from a change of the form to the new JSON
const JSON_MILLISECONDS = 400; // from a change of the JSON to the new form
let formTimer = 0;
let jsonTimer = 0;
let shownText = null;

const isJsonOpen = () => document.body.classList.contains("json-open");

export function installJsonEditor() {
  onChange(renderJson);
  for (const kind of ["input", "change", "click", "drop"]) document.addEventListener(kind, noteFormChange, true);
  document.addEventListener("input", (event) => {
    if (event.target.id !== "json") return;
    clearTimeout(jsonTimer);
    jsonTimer = setTimeout(() => send("fromjson", { text: $("#json").value }), JSON_MILLISECONDS);
  });
}

export function requestJson() {
  if (isJsonOpen()) send("tojson");
}

export function toggleJson({ open }) {
  document.body.classList.toggle("json-open", open === "1" && !isJsonOpen());
  requestJson();
  (isJsonOpen() ? $("#json") : $("#views [data-act=json]"))?.focus();
}

function noteFormChange(event) {
  if (!isJsonOpen() || event.target.id === "json") return;
  if (!event.target.closest?.("#form .field, .tools, [role=listbox]")) return;
  clearTimeout(formTimer);
  formTimer = setTimeout(() => send("tojson"), FORM_MILLISECONDS);
}

// The text is not replaced while the user edits it.
function renderJson() {
  const source = $("#json-now");
  const box = $("#json");
  if (!box) return;
  const isNew = source && source.textContent !== shownText && document.activeElement !== box;
  if (isNew || (source && !box.value)) box.value = shownText = source.textContent;
  setAttribute(box, "aria-invalid", Boolean($("#json-state")?.classList.contains("fault")));
}
