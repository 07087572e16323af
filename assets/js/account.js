// Asks for the account when the key changes, and for the balance after an image.
import { isReady, send } from "./bridge.js";
import { $ } from "./dom.js";
import { onFrame } from "./rendering.js";
import { keepServer } from "./session.js";

let account = "";
let typedKey = ""; // until the page uses it: a key that is refused stays in its field
let chargedImage; // id of the latest image for which the balance was asked; undefined before the first frame

export function installAccount() {
  onFrame(requestAccount);
  onFrame(requestBalance);
  onFrame(keepTypedKey);
}

// Opens the form for a key; with `key`, the program stores or removes it.
export function changeKey(data) {
  if ("key" in data) {
    send("key", data);
    return;
  }
  const details = $("details.key");
  if (!details) return;
  details.open = true;
  $("#key")?.focus();
}

// Finetunes and credits are those of the account at the new server.
export function chooseServer({ value }) {
  keepServer(value);
  send("account", { chosen: true });
}

export function submitKey(event) {
  const form = event.target.closest?.("form[data-act=key]");
  if (!form) return;
  event.preventDefault();
  const box = $("input", form);
  typedKey = box.value;
  send("key", { key: typedKey });
}

function keepTypedKey() {
  const box = typedKey && $("#key");
  if (currentAccount() === "own") typedKey = "";
  else if (box && !box.value && $("details.key .fault")) box.value = typedKey;
}

const currentAccount = () => $(".connection")?.dataset.who;

function requestAccount() {
  const current = currentAccount();
  if (!isReady() || !current || current === account) return;
  if (account) send("show", {}, { expectsChange: false }); // the prices in the result are those of another payer
  account = current;
  send("account", {});
}

export function askBalance() {
  if (currentAccount() !== "demo") send("account", { balance: true }, { expectsChange: false });
}

function requestBalance() {
  const frame = $("#stage .frame");
  if (!frame) return;
  if (frame.dataset.kind !== "image") {
    chargedImage ??= ""; // the first image of a visit costs as well
  } else if (frame.dataset.id !== chargedImage) {
    if (chargedImage !== undefined) askBalance();
    chargedImage = frame.dataset.id;
  }
}
