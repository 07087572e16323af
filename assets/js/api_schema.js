// The API schema panel, in which the owner replaces the OpenAPI file of the page.
import { send } from "./bridge.js";
import { $, createElement } from "./dom.js";
import { onChange } from "./rendering.js";
import { sessionStore } from "./storage.js";

const CHANGES = "flux-drift";
const MAX_SCHEMA_BYTES = 3_000_000;
const RELOAD_MILLISECONDS = 1000;
const RELOADED_MILLISECONDS = 20_000; // after a reload, within which the changes of the schema are shown

export function installApiSchema() {
  onChange(renderResponse);
  document.addEventListener("change", async (event) => {
    const file = event.target.id === "document-file" && event.target.files[0];
    if (!file) return;
    if (file.size > MAX_SCHEMA_BYTES) showError(`${file.name} is too large for an API schema. Nothing changed.`);
    else replaceSchema({ what: "text", name: file.name, text: await file.text() });
    event.target.value = "";
  });
}

export function openSchemaPanel() {
  $("details.document").open = true;
  $("details.document button")?.focus();
}

export const chooseSchemaFile = () => $("#document-file")?.click();

export function replaceSchema(data) {
  showError("Loading…");
  send("adopt", data);
}

function showError(text) {
  const paragraph = createElement("p", { className: "fault", textContent: text });
  paragraph.setAttribute("role", "alert");
  showInPanel(paragraph);
}

function showChanges(lines) {
  const list = createElement("ul", {});
  list.append(...lines.map((textContent) => createElement("li", { textContent })));
  showInPanel(list);
}

function showInPanel(element) {
  const place = $("#adopted");
  if (!place) return;
  place.replaceChildren(element);
  $("details.document").open = true;
}

function renderResponse() {
  const response = $("#documents [data-told]:not([data-seen])");
  if (response) {
    response.dataset.seen = "1";
    if (response.classList.contains("fault")) {
      showError(response.textContent);
      return;
    }
    const lines = [...response.children].map((row) => row.textContent);
    showChanges(lines);
    if (response.dataset.reload) {
      sessionStore.set(CHANGES, JSON.stringify(lines));
      setTimeout(() => location.reload(), RELOAD_MILLISECONDS);
    }
    return;
  }
  const changes = $("#adopted") && sessionStore.get(CHANGES);
  if (!changes || performance.now() > RELOADED_MILLISECONDS || $("#documents [data-reload]")) return;
  sessionStore.set(CHANGES, null);
  showChanges(JSON.parse(changes));
}
