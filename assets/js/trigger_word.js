// The account's finetunes are offered while an id is typed. A trigger word that is not in the prompt is shown at once.
import { $, createElement, findField, findInput } from "./dom.js";
import { onFrame } from "./rendering.js";

// The trigger word of a finetune, from the options of the list of finetunes.
export function findTriggerWord(finetune, options) {
  const id = finetune.trim();
  return options.find((option) => option.value === id)?.dataset.trigger || "";
}

// The prompt with the trigger word in front, unless it has the word already.
export function addTriggerWord(prompt, word) {
  return word && !prompt.includes(word) ? `${word} ${prompt}`.trim() : prompt;
}

export const triggerWordOf = (finetune) => findTriggerWord(finetune, [...($("#finetunes")?.options || [])]);

export function installTriggerWord() {
  onFrame(renderTriggerWord);
  document.addEventListener("input", (event) => {
    if (event.target.closest?.(".field")) renderTriggerWord();
  });
}

function renderTriggerWord() {
  const box = findInput("finetune_id");
  const field = findField("prompt");
  if (!box || !field) return;
  const word = triggerWordOf(box.value);
  const prompt = findInput("prompt")?.value || "";
  const missing = prompt.trim() && !prompt.includes(word) ? word : "";
  const shown = $("#trigger");
  if ((shown?.dataset.word || "") === missing) return;
  shown?.remove();
  if (!missing) return;
  const note = createElement("p", { id: "trigger" });
  note.dataset.word = missing;
  const button = createElement("button", { type: "button", textContent: "Add it" });
  Object.assign(button.dataset, { act: "trigger", word: missing });
  note.append(`Trigger word "${missing}" is missing. `, button);
  field.append(note);
}
