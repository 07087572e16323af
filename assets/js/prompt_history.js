// Earlier prompts: searchable, with the number of their images and the best one; Enter puts one into the form.
import { $, $$, createElement, setAttribute } from "./dom.js";
import { overwritePrompt } from "./form.js";
import { closeGallery } from "./gallery.js";
import { clipSearch } from "./gallery_filters.js";
import { page } from "./page_state.js";
import { request } from "./visit_fetch.js";

const SEARCH_MILLISECONDS = 120;
let promptDialog = null;
let searchTimer = 0;
let promptRequest = null;
let nextPrompts = "";

export function createPromptHistory() {
  promptDialog = createElement("dialog", { id: "prompts" });
  promptDialog.setAttribute("aria-label", "Earlier prompts");
  promptDialog.innerHTML = `<div class="search"><input type="search" role="combobox" aria-expanded="true" aria-controls="prompt-list"
    aria-label="Search earlier prompts" placeholder="Search earlier prompts" autocomplete="off">
    <button type="button" class="quiet framed">Close</button></div>
    <p class="message" role="alert"></p><ul id="prompt-list" role="listbox" aria-label="Earlier prompts" tabindex="-1"></ul>`;
  document.body.append(promptDialog);
  $("button", promptDialog).addEventListener("click", () => promptDialog.close());
  $("input", promptDialog).addEventListener("input", () => {
    clearTimeout(searchTimer);
    searchTimer = setTimeout(() => loadPrompts(), SEARCH_MILLISECONDS);
  });
  promptDialog.addEventListener("keydown", handlePromptKey);
  const list = $("ul", promptDialog);
  list.addEventListener("click", (event) => usePrompt(event.target.closest("[role=option]")));
  list.addEventListener("scroll", () => {
    if (nextPrompts && list.scrollTop + list.clientHeight > list.scrollHeight - 200) loadPrompts(nextPrompts);
  });
}

export function openPromptHistory() {
  promptDialog.showModal();
  const box = $("input", promptDialog);
  box.value = "";
  box.focus();
  loadPrompts();
}

async function loadPrompts(after = "") {
  promptRequest?.abort();
  promptRequest = new AbortController();
  nextPrompts = "";
  const parameters = new URLSearchParams({ q: clipSearch($("input", promptDialog).value), after });
  const message = $(".message", promptDialog);
  const response = await request(`gallery/prompts?${parameters}`, {
    signal: promptRequest.signal, onRefused: (text) => (message.textContent = text),
  });
  if (!response) return;
  const html = await response.text();
  const list = $("ul", promptDialog);
  if (!after) list.replaceChildren();
  list.insertAdjacentHTML("beforeend", html);
  nextPrompts = response.headers.get("x-flux-next") || "";
  message.textContent = [list.children.length ? "" : "No earlier prompts found.", response.headers.get("x-flux-note")].join(" ").trim();
  if (!after) markPrompt(0);
  if (nextPrompts && list.scrollHeight <= list.clientHeight) loadPrompts(nextPrompts);
}

const promptOptions = () => $$("[role=option]", promptDialog);

function markPrompt(index) {
  const options = promptOptions();
  const place = Math.max(0, Math.min(options.length - 1, index));
  options.forEach((option, at) => {
    option.id = `prompt-use-${at}`;
    setAttribute(option, "aria-selected", at === place);
  });
  options[place]?.scrollIntoView({ block: "nearest" });
  setAttribute($("input", promptDialog), "aria-activedescendant", options[place]?.id || "");
}

function handlePromptKey(event) {
  const options = promptOptions();
  const place = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) markPrompt(place + step);
  else if (event.key === "Enter" && event.target.matches("input")) usePrompt(options[place]);
  else return;
  event.preventDefault();
}

function usePrompt(option) {
  if (!option) return;
  promptDialog.close();
  if (page.view) closeGallery();
  overwritePrompt(option.dataset.prompt);
}
