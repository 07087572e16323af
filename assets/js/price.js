// Asks for the price again when a field changes that it depends on.
import { isReady, send } from "./bridge.js";
import { $, findInputs } from "./dom.js";
import { page } from "./page_state.js";
import { onFrame } from "./rendering.js";

const DELAY_MILLISECONDS = 350;
let known = "";
let timer = 0;

export function installPrice() {
  onFrame(checkFields);
  for (const kind of ["input", "change"]) document.addEventListener(kind, () => setTimeout(checkFields));
}

// The program computes the price: it knows the price list and the sizes of the images.
function checkFields() {
  const names = $("#price .price")?.dataset.fields;
  if (!names || !isReady() || page.isSwitching) return;
  const contents = JSON.stringify([page.form, page.endpoint, names.split(" ").map(readField)]);
  if (contents === known) return;
  known = contents;
  clearTimeout(timer);
  timer = setTimeout(() => send("price"), DELAY_MILLISECONDS);
}

const readField = (name) => findInputs(name).map((box) => (["checkbox", "radio"].includes(box.type) ? box.checked : box.value));
