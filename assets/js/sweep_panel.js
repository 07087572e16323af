// The panel that plans a sweep: its axes, and what the program says of them.
import { changeAddress, SHEET } from "./address_state.js";
import { send } from "./bridge.js";
import { $, $$, createElement, findInput } from "./dom.js";
import { withEndpoint } from "./endpoints.js";
import { page } from "./page_state.js";
import { askPrice } from "./price_question.js";
import { onChange } from "./rendering.js";
import { isNarrow } from "./scrolling.js";
import { addAxis, axisItems, fillFields, fitHeight, readAxes, replaceAxes, showAxisNotes, tickValue } from "./sweep_axes.js";
import { triggerWordOf } from "./trigger_word.js";
import { request } from "./visit_fetch.js";

const MAX_CHOICES = 40; // finetunes that can be ticked
const PLAN_MILLISECONDS = 350; // from a change to the question what it means
let planNumber = 0; // of the latest question; earlier answers are ignored
let shownNumber = 0;
let savingNumber = 0; // of the request to save the plan
let presetNumber = 0; // of the question about the axes of a preset
let planTimer = 0;
let extendedId = ""; // the sweep whose axes are changed; "" for a new one

export function installSweepPanel() {
  onChange(showPlanAnswer);
  document.addEventListener("input", ({ target }) => {
    if (target.closest?.(".sweep-panel .axes")) {
      if (target.tagName === "TEXTAREA") fitHeight(target);
      else if (target.name === "axis-choice") tickValue(target);
      askPlanSoon();
    } else if (target.closest?.("#form .field") && isPanelOpen()) askPlanSoon();
  });
  document.addEventListener("change", ({ target }) => {
    if (target.name === "axis-file" && target.files[0]) addAxisFile(target.files[0]).then(() => (target.value = ""));
  });
}

const panel = () => $(".sweep-panel");
const startButton = () => $("[data-act=sweep-start]", panel());
const isPanelOpen = () => panel() && !panel().hidden;

export function toggleSweepPanel() {
  if (isPanelOpen()) {
    panel().hidden = true;
    extendedId = "";
    $("#formtools [data-act=sweep]")?.focus();
    return;
  }
  panel().hidden = false;
  if (!axisItems().length) addAxis();
  askPlan();
  panel().scrollIntoView({ block: "nearest" });
  if (!isNarrow()) $("textarea", panel())?.focus({ preventScroll: true });
}

export function addEmptyAxis() {
  const item = addAxis();
  if (!item) return;
  askPlan();
  $("textarea", item).focus();
}

export function removeAxis(_, control) {
  control.closest("li").remove();
  askPlan();
}

export function choosePreset({ preset }) {
  askPlan({ preset, trigger: triggerWordOf(findInput("finetune_id")?.value || ""), finetunes: finetuneIds() });
}

const choicesOf = ({ field, choices }) => (field === "finetune_id" ? finetuneIds().slice(0, MAX_CHOICES) : choices.split("\n").filter(Boolean));
const finetuneIds = () => $$("#finetunes option").map((one) => one.value);

function askPlanSoon() {
  clearTimeout(planTimer);
  planTimer = setTimeout(askPlan, PLAN_MILLISECONDS);
}

// The number of a new question; one that waits is not asked.
function nextNumber() {
  clearTimeout(planTimer);
  planNumber += 1;
  return planNumber;
}

async function askPlan(extra = {}) {
  const number = nextNumber();
  const axes = readAxes();
  if (!extendedId) send("plansweep", { number, axes: extra.preset ? [] : axes.filter((axis) => axis.field || axis.text), ...extra });
  else {
    const response = await request("sweeps/preview", { body: { id: extendedId, number, axes } });
    if (response) renderAnswer(createElement("template", { innerHTML: await response.text() }).content.firstElementChild);
  }
}

function showPlanAnswer() {
  const answer = $("#sweep-plan [data-number]");
  if (answer && !extendedId) renderAnswer(answer);
}

function renderAnswer(answer) {
  const number = Number(answer.dataset.number);
  if (number !== planNumber || number === shownNumber) return;
  shownNumber = number;
  const { started, saved, question } = answer.dataset;
  if (question) askPrice(question, Number(answer.dataset.images), sendStart);
  if (started) {
    panel().hidden = true;
    changeAddress({ [SHEET]: started });
  }
  if (number === savingNumber) {
    dispatchEvent(new CustomEvent("plansaved", { detail: { name: saved, problem: $("[data-problem]", answer).textContent } }));
  }
  if (started || saved || question) return;
  if (answer.dataset.preset) usePreset(JSON.parse(answer.dataset.preset));
  const fields = $$("[data-field]", answer).map((one) => [one.dataset.field, one.textContent, one.dataset.example, choicesOf(one.dataset)]);
  axisItems().forEach((item) => fillFields(item, fields));
  showAxisNotes($$("[data-note]", answer));
  const isReady = Boolean($("[data-summary]", answer).textContent);
  panel().classList.toggle("extending", Boolean(extendedId));
  const isBlank = !axisItems().some((item) => $("textarea", item).value.trim());
  $(".summary", panel()).textContent = isBlank ? "Choose a plan above, or enter values." : $("[data-summary]", answer).textContent;
  $(".problem", panel()).textContent = $("[data-problem]", answer).textContent;
  startButton().disabled = !isReady;
  startButton().textContent = isReady ? startText(Number(answer.dataset.images)) : "Make the images";
  startButton().dataset.images = answer.dataset.images;
  showPanelOf(number);
}

// The axes of a preset make the panel higher.
const showPanelOf = (number) => number === presetNumber && panel().scrollIntoView({ block: "nearest" });

const startText = (images) => (images ? `Make ${images.toLocaleString("en-US")} ${images === 1 ? "image" : "images"}` : extendedId ? "Change the sweep" : "Show the sweep");

function usePreset(axes) {
  if (!axes.length) return;
  replaceAxes(axes);
  setTimeout(() => {
    askPlan();
    presetNumber = planNumber;
  });
}

async function addAxisFile(file) {
  const response = await request("sweeps/file", { file });
  if (!response) return;
  const text = await response.text();
  const isTable = /\.(csv|tsv)$/i.test(file.name);
  const empty = axisItems().find((item) => !$("textarea", item).value.trim());
  empty?.remove();
  addAxis({ field: isTable ? "" : "prompt", text, kind: isTable ? "table" : "values" });
  askPlan();
}

// `approved` is the number of images whose price the user has approved.
function sendStart(approved = 0) {
  send("startsweep", { number: nextNumber(), axes: readAxes(), approved });
}

export function savePlan(name) {
  savingNumber = nextNumber();
  send("saveplan", { number: savingNumber, axes: readAxes(), name });
}

// A plan is put into the form of its endpoint, and into the panel: a saved one, that of a sweep, or that of an image.
export function openPlan(endpoint, source) {
  changeAddress({ [SHEET]: null });
  withEndpoint(endpoint, () => {
    extendedId = "";
    panel().hidden = false;
    send("openplan", { number: nextNumber(), ...source });
  });
}

export async function startSweep() {
  if (!extendedId) {
    sendStart();
    return;
  }
  const id = extendedId;
  if (!(await request("sweeps/extend", { body: { id, axes: readAxes() } }))) return;
  extendedId = "";
  panel().hidden = true;
  changeAddress({ [SHEET]: id });
  if (Number(startButton().dataset.images)) dispatchEvent(new CustomEvent("runaction", { detail: { act: "sweep-resume", data: {} } }));
}

// Opens the panel with the axes of a sweep that exists.
export async function editAxes(id) {
  const response = await request(`sweeps/axes/${id}`);
  if (!response) return;
  const { axes } = await response.json();
  changeAddress({ [SHEET]: null });
  extendedId = id;
  replaceAxes(axes);
  panel().hidden = false;
  page.view = "";
  askPlan();
  panel().scrollIntoView({ block: "nearest" });
}
