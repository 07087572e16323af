// The program checks each image as soon as it is in the form: its size, how it is changed, or why it cannot be sent.
import { isReady, send } from "./bridge.js";
import { onTick } from "./clock.js";
import { $, $$ } from "./dom.js";
import { addErrorSource } from "./field_errors.js";
import { allImages } from "./image_entries.js";
import { page } from "./page_state.js";
import { onFrame } from "./rendering.js";

const MAX_WAIT_MILLISECONDS = 8000; // for an answer, which Gradio may lose
const MAX_QUESTIONS = 3; // about one image
const checks = new Map(); // path → { kind, text, short, questions }; `kind` is "" until the program has answered
let question = { number: 0, at: -Infinity }; // the latest one; there is one at a time

export const checkOf = (path) => checks.get(path);

export function installImageChecks() {
  addErrorSource((errors) => {
    for (const { name, entries } of allImages()) {
      entries.forEach(({ path }, index) => {
        const { kind, text } = checks.get(path) || {};
        const message = entries.length > 1 ? `Image ${index + 1}: ${text}` : text;
        if (kind === "fault" && !(errors[name] ??= []).some((other) => other.endsWith(text))) errors[name].push(message);
      });
    }
  });
  onFrame(readChecks);
  onFrame(checkNewImages);
  onTick(checkNewImages);
}

function checkNewImages() {
  const isAnswered = $("#image-notes")?.dataset.check === String(question.number);
  const isWaiting = !isAnswered && performance.now() - question.at < MAX_WAIT_MILLISECONDS;
  if (isWaiting || !isReady() || page.isSwitching) return;
  const isOpen = (path) => path && !checks.get(path)?.kind && (checks.get(path)?.questions || 0) < MAX_QUESTIONS;
  const paths = allImages().flatMap(({ entries }) => entries.map(({ path }) => path)).filter(isOpen);
  if (!paths.length) return;
  question = { number: question.number + 1, at: performance.now() };
  for (const path of paths) checks.set(path, { kind: "", text: "", short: "", questions: (checks.get(path)?.questions || 0) + 1 });
  send("checkimages", { check: question.number, paths });
}

function readChecks() {
  for (const row of $$("#image-notes li")) {
    const { path, kind, short } = row.dataset;
    if (checks.get(path)?.kind) continue;
    checks.set(path, { kind, text: row.textContent, short, questions: 0 });
  }
}
