// What the page does on this side of the network: clocks, keys, copying, small changes to the form.
// Everything that needs the program goes through `flux.bridge(act, data)`.
(() => {
  "use strict";
  const flux = (window.flux = { bridge: null, form: 0 });
  const NAME = "Flux Playground";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // A browser can refuse storage to a page (blocked site data, a frame): then nothing is kept, and all else works.
  flux.storage = (kind) => ({
    get(name) {
      try {
        return window[kind].getItem(name);
      } catch {
        return null;
      }
    },
    set(name, text) {
      try {
        if (text === null) window[kind].removeItem(name);
        else window[kind].setItem(name, text);
      } catch {
        // nothing is kept
      }
    },
  });
  const local = flux.storage("localStorage");

  // ---- the way to the program -----------------------------------------------------------------------------------
  // Pieces of HTML on the page can send gradio's events: one piece for each form, and one for the whole page (null).
  const ways = new Map();

  const paid = new Set(); // acts that may cost money
  const followed = new Set(); // acts whose effect is seen in the result or beside the button

  flux.registerSender = (form, events, send, kinds) => {
    for (const act of kinds.paid) paid.add(act);
    for (const act of kinds.followed) followed.add(act);
    for (const [event, acts] of Object.entries(events)) {
      for (const act of acts) ways.set(`${form} ${act}`, (data) => send(event, { ...data, ...who(), act, form: flux.form }));
    }
    if (ways.has("null show") && flux.offers(flux.form)) flux.bridge = bridge;
  };

  flux.offers = (form) => ways.has(`${form} leave`);

  // Gradio can lose what answers an act when another one ends in the same moment. Then nothing is done again, for it may
  // have been done; but what there is now is asked for.
  const LOST = 8000; // milliseconds without anything having changed where an answer would be seen
  let owed = 0;

  function answered(changes) {
    const seen = ({ target }) => target.tagName !== "TIME" && target.closest?.("#result, #notice");
    if (owed && changes.some(seen)) owed = 0;
  }

  function lookAgain() {
    if (!owed || performance.now() - owed < LOST) return;
    bridge("show", { id: "" });
    owed = 0;
    say("No answer has come. This is how it stands; press again if nothing has changed.");
  }

  // Sent with every act, so that the program knows this tab again after it has forgotten the session.
  const who = () => ({ token: flux.token || "", payer: $(".connection")?.dataset.who || "" });

  const REPEAT = 500; // milliseconds in which the same act with the same form is taken for one press
  let last = { at: -Infinity, what: "" };

  function isRepeat(act, data) {
    const what = JSON.stringify([act, data, flux.form, form()]);
    const repeated = what === last.what && performance.now() - last.at < REPEAT;
    last = { at: performance.now(), what };
    return repeated;
  }

  function bridge(act, data) {
    if (paid.has(act)) {
      if (isRepeat(act, data)) return;
      data = { ...data, press: newPress() };
      react();
    } else if (followed.has(act)) last = { at: -Infinity, what: "" }; // what was done in between makes it another press
    if (followed.has(act)) owed = performance.now();
    (ways.get(`${flux.form} ${act}`) || ways.get(`null ${act}`))?.(data);
  }

  const newPress = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  let insisting = false; // whether the next press on Generate is to act although there is such an image

  // Gradio calls this for a press on Generate: its result goes with the form; "" for a press that is held back.
  flux.press = () => {
    const insist = insisting;
    insisting = false;
    for (const hidden of $$(".mended")) hidden.classList.remove("mended");
    rejected.clear();
    if (!flux.bridge || flux.arriving) {
      say("Still loading. Try again in a moment.");
      return "";
    }
    if (holdBack() || isRepeat("generate", { insist })) return "";
    awaited = $("#stage .frame")?.dataset.id ?? null;
    react();
    owed = performance.now();
    return JSON.stringify({ ...who(), insist, press: newPress() });
  };

  flux.insist = () => {
    insisting = true;
    $("#generate")?.click();
  };

  // The button shows at once that it was pressed; the program's answer takes a moment.
  function react() {
    const button = $("#generate");
    if (!button) return;
    button.dataset.sent = "";
    clearTimeout(button.timer);
    button.timer = setTimeout(() => delete button.dataset.sent, REPEAT);
  }

  // ---- numbers beyond their bounds ------------------------------------------------------------------------------
  // Gradio moves a typed number into its bounds when the field is left. It is said, and the next press is held back, so
  // that no value is sent that was not seen.
  const moved = new Map(); // field → what happened to the number that was typed

  document.addEventListener("input", (event) => {
    const name = event.target.closest?.(".field")?.id.slice("field-".length);
    if (!name) return;
    moved.delete(name);
    $(`#field-${CSS.escape(name)} .moved`)?.remove();
    if (event.isTrusted && event.target.type === "number") event.target.typed = event.target.value;
  }, true);

  document.addEventListener("focusout", (event) => {
    const box = event.target;
    const typed = box.typed;
    const field = box.closest?.(".field");
    if (box.type !== "number" || typed === undefined || !field) return;
    delete box.typed;
    const range = $("input[type=range]", field);
    if (!range) return;
    const [low, high] = [Number(range.min), Number(range.max)];
    const name = field.id.slice("field-".length);
    if (typed === "") {
      setTimeout(() => $("[data-testid=reset-button]", field)?.click(), 50);
      tellMoved(name, "The field was empty. It has its default again.");
    } else if (Number(typed) < low || Number(typed) > high) {
      const [bound, word] = Number(typed) > high ? [high, "most"] : [low, "least"];
      tellMoved(name, `must be at ${word} ${bound}, not ${typed}. It was set to ${bound}.`);
    }
  }, true);

  function tellMoved(name, text) {
    moved.set(name, text);
    const hint = $(`#hint-${CSS.escape(name)}`);
    if (!hint) return;
    $(".moved", hint)?.remove();
    const note = Object.assign(document.createElement("p"), { className: "moved", textContent: text });
    note.setAttribute("role", "alert");
    hint.prepend(note);
  }

  function holdBack() {
    const [name] = moved.keys();
    if (name === undefined) return false;
    moved.clear();
    goTo(name);
    say("A value was changed. Check it, then press again.");
    return true;
  }

  // ---- the form -------------------------------------------------------------------------------------------------
  const input = (name) => $(`#input-${CSS.escape(name)} textarea, #input-${CSS.escape(name)} input`);

  function put(name, text) {
    const box = input(name);
    if (box) setValue(box, text);
  }

  function setValue(box, text) {
    const kind = box.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(box, text);
    filling = true;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    filling = false;
  }

  let filling = false; // whether the page itself is writing into a field
  const typed = new Map(); // field → the text that was typed into it last

  // Put texts into fields for a button. Where a typed text is replaced, the program keeps it for Undo.
  function overwrite(by, texts) {
    const before = {};
    for (const [name, text] of Object.entries(texts)) {
      const value = input(name)?.value;
      if (value !== undefined && value !== text) before[name] = value;
    }
    for (const name of Object.keys(before)) put(name, texts[name]);
    const lost = ([name, value]) => value.trim() && (name === "prompt" || typed.get(name) === value);
    if (Object.entries(before).some(lost)) flux.bridge?.("snapshot", { by, before });
  }

  function roll() {
    overwrite("dice", { seed: String(crypto.getRandomValues(new Uint32Array(1))[0]) });
  }

  function reuse() {
    const seed = $("#stage [data-seed]");
    if (seed) overwrite("reuse", { seed: seed.dataset.seed });
    say(seed ? "The seed is in the form." : "There is no image to take a seed from yet.", !seed);
  }

  function swap() {
    const parts = (input("aspect_ratio")?.value || "").split(":");
    if (parts.length === 2) overwrite("swap", { aspect_ratio: `${parts[1].trim()}:${parts[0].trim()}` });
    markShape();
  }

  function markShape() {
    const value = (input("aspect_ratio")?.value || "").replace(/\s/g, "");
    for (const chip of $$(".shapes .chip")) chip.setAttribute("aria-pressed", String(chip.dataset.value === value));
  }

  function goTo(name) {
    const field = $(`#field-${CSS.escape(name)}`);
    if (!field) return;
    const folded = field.closest("#advanced");
    if (folded && !field.offsetParent) $("button.label-wrap", folded)?.click();
    setTimeout(() => {
      field.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
      input(name)?.focus({ preventScroll: true });
    }, 60);
  }

  // ---- what is told ---------------------------------------------------------------------------------------------
  let region = null;
  let toast = null;
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function announce(text) {
    if (region && text && region.textContent !== text) region.textContent = text;
  }

  function say(text, quiet = false) {
    if (!toast) return;
    toast.textContent = text;
    toast.classList.add("on");
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => toast.classList.remove("on"), 2600);
    if (!quiet) announce(text);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const box = document.createElement("textarea");
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    say("Copied.");
  }

  Object.assign(flux, { say, copy, put });

  // ---- acts -----------------------------------------------------------------------------------------------------
  const here = {
    dice: roll,
    reuse,
    swap,
    example: (data) => {
      const finetune = input("finetune_id")?.value || data.finetune || "";
      const word = triggerWord(finetune);
      const prompt = word && !data.prompt.includes(word) ? `${word} ${data.prompt}` : data.prompt;
      overwrite("example", { finetune_id: finetune, prompt });
      input("prompt")?.focus();
    },
    trigger: (data) => put("prompt", `${data.word} ${input("prompt")?.value || ""}`.trim()),
    clear: (data) => overwrite("clear", { [data.field]: "" }),
    shape: (data) => (overwrite("shape", { aspect_ratio: data.value }), markShape()),
    copy: (data) => copy(data.copy),
    goto: (data) => goTo(data.field),
    lock: () => flux.toggleLock(),
    notify: () => flux.toggleNotify(),
    letters: () => toggleLetters(),
    keys: () => $("#keys")?.showModal(),
    close: () => $("#keys")?.close(),
  };
  flux.handled = new Set(); // acts that another script does

  function act(name, given) {
    const data = flux.underLock(name, given);
    if (data === null) return;
    if (name === "key" && !("key" in data)) {
      const box = $("details.key");
      if (box) ((box.open = true), $("#key")?.focus());
      return;
    }
    if (name in here) here[name](data);
    else if (name === "recall" && ["all", "but-seed"].includes(data.what)) {
      flux.at($("#stage .actions")?.dataset.endpoint, () => flux.bridge?.(name, { ...data }));
    } else if (!flux.handled.has(name)) flux.bridge?.(name, { ...data });
    if (["again", "vary", "collect", "show"].includes(name)) toStage();
  }

  const narrow = () => matchMedia("(max-width: 860px)").matches;
  let awaited = null; // what was on the stage when Generate was pressed: what comes instead is gone to, reasons are not
  let staged = false; // whether what was focused last stood on the stage

  document.addEventListener("focusin", (event) => (staged = Boolean(event.target.closest?.("#stage"))));

  // What is focused may go with what it was about: the next press of Tab goes on from there, not from the page's top.
  function keepPlace() {
    const stage = $("#stage");
    const frame = $("#stage .frame");
    if (staged && stage && document.activeElement === document.body) {
      stage.tabIndex = -1;
      stage.focus({ preventScroll: true });
    }
    if (awaited === null || !frame || frame.dataset.id === awaited) return;
    awaited = null;
    toStage();
  }

  // On a phone the result is gone to; elsewhere only where less than half of it can be seen.
  function toStage() {
    const stage = $("#result");
    if (!stage) return;
    const { top, bottom } = ($("#stage .frame") || stage).getBoundingClientRect();
    const seen = Math.min(bottom, innerHeight) - Math.max(top, 0);
    if (narrow() || seen < Math.min(bottom - top, innerHeight) / 2) {
      stage.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
    }
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("[data-act]");
    if (control && control.tagName !== "FORM") {
      if (control.tagName === "A") event.preventDefault();
      const { act: name, ...data } = control.dataset;
      act(name, data);
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form[data-act=key]");
    if (!form) return;
    event.preventDefault();
    const box = $("input", form);
    flux.bridge?.("key", { key: box.value });
    box.value = "";
  });

  // Not by its "toggle": gradio shuts it too, when it writes something else into the same elements.
  document.addEventListener("click", (event) => {
    const head = event.target.closest?.("#stage details.details > summary");
    if (head) flux.open = !head.parentElement.open;
  });

  // What is being corrected is no longer called wrong.
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".field");
    if (field) mend(field);
    if (field && !filling) typed.set(field.id.slice("field-".length), event.target.value);
    if (field?.id === "field-aspect_ratio") markShape();
    if (field) offerTrigger();
  });

  function mend(field) {
    field.classList.add("mended");
    forgetReason(field.id.slice("field-".length));
  }

  // The program names the inputs that it has filled with the notice about it.
  let filled = "";
  function mendFilled() {
    const keys = $("#notice [data-filled]")?.dataset.filled || "";
    if (keys === filled) return;
    filled = keys;
    for (const key of keys.split(" ").filter(Boolean)) {
      const field = $(`#input-${CSS.escape(key)}`)?.closest(".field");
      if (field) mend(field);
    }
  }

  // The box at the button lists what is wrong; an entry goes when its field changes, the box with its last entry.
  function forgetReason(name) {
    for (const link of $$(`.reasons [data-field="${CSS.escape(name)}"]`)) {
      const box = link.closest(".reasons");
      link.closest("li").remove();
      if (!$("li", box)) box.remove();
    }
  }

  // A key that is held down presses a button once.
  document.addEventListener("keydown", (event) => {
    if (event.repeat && ["Enter", " "].includes(event.key) && event.target.closest?.("button")) event.preventDefault();
  }, true);

  // ---- keys -----------------------------------------------------------------------------------------------------
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  const KEYS = [
    [[mac ? "⌘" : "Ctrl", "Enter"], "Generate"],
    [["Esc"], "Stop waiting for what is shown"],
    [["←", "→"], "Look at the next, or the one before"],
    [["A"], "Use all settings of the image"],
    [["R"], "Use all settings but the seed"],
    [["P"], "Use the prompt"],
    [["S"], "Use the seed"],
    [["?"], "Show this list"],
  ];
  const LETTERS = { a: "all", r: "but-seed", p: "prompt", s: "seed" };
  const OFF = "flux-letters-off";
  const lettersOn = () => local.get(OFF) !== "1";

  function toggleLetters() {
    local.set(OFF, lettersOn() ? "1" : null);
    $("#letters")?.setAttribute("aria-checked", String(lettersOn()));
  }

  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable=true], [role=combobox]");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if ($("dialog[open]") || !event.target.closest?.("#form, #stage")) return;
      event.preventDefault();
      if (!event.repeat) $("#generate")?.click();
      return;
    }
    const popover = event.key === "Escape" && $("details.key[open], details.document[open]");
    if (popover) {
      popover.open = false;
      $("summary", popover)?.focus();
      return;
    }
    if ($("dialog[open]")) return;
    const waited = $("#stage .frame.waiting");
    if (event.key === "Escape" && waited && !typing(event.target)) act("stop", { id: waited.dataset.id });
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
    if (event.key.startsWith("Arrow") && event.target.closest?.("#strip, body > *, body")) browse(event);
    if (!lettersOn()) return;
    if (event.key === "?") here.keys();
    // A letter changes the form only while the result or the history has the focus; no letter costs money.
    const what = event.target.closest?.("#result, #history") && LETTERS[event.key];
    const one = what && $("#stage [data-act=recall]");
    if (one) act("recall", { id: one.dataset.id, what });
  });

  document.addEventListener("click", (event) => {
    for (const one of $$("details.key[open], details.document[open]")) {
      if (!one.contains(event.target) && event.target.isConnected) one.open = false;
    }
  });

  function browse(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const cards = $$("#strip .card");
    if (!step || !cards.length || event.target.closest?.("[role=slider], [role=radiogroup], fieldset")) return;
    const at = cards.findIndex((card) => card.getAttribute("aria-current") === "true");
    const next = cards[Math.min(cards.length - 1, Math.max(0, at + step))];
    if (!next || next === cards[at]) return;
    event.preventDefault();
    next.click();
    if (event.target.closest?.("#strip")) flux.focus = next.dataset.id;
  }

  // ---- the form survives a reload -------------------------------------------------------------------------------
  // Not in it: what is typed where a secret belongs, and images.
  const FORM = "flux-form";

  const SETTLED = 50; // milliseconds after which a field that has appeared keeps what is chosen in it

  const first = {}; // what each field held when it was first seen
  const since = {}; // and when that was
  let kept = null; // what is still to be put into fields that are not there yet

  function form() {
    const values = {};
    for (const box of $$(".field textarea, .field input")) {
      const name = box.closest(".field").id.slice("field-".length);
      if (box.type === "checkbox") values[name] = box.checked;
      else if (box.type === "radio") box.checked && (values[name] = box.value);
      else if (!["password", "file", "number"].includes(box.type)) values[name] ??= box.value;
    }
    for (const [name, value] of Object.entries(values)) {
      first[name] ??= value;
      since[name] ??= performance.now();
    }
    return values;
  }

  function remember() {
    if (!kept || flux.arriving) return;
    const changed = Object.entries(form()).filter(([name, value]) => value !== first[name]);
    const now = JSON.stringify({ ...kept, ...Object.fromEntries(changed) });
    if (now === (flux.kept || "{}")) return; // who has given nothing has nothing to wait for the next time
    flux.kept = now;
    local.set(FORM + (flux.endpoint || ""), now);
  }

  // Whether what was kept stands in the form again, as far as it has a place there.
  function restore() {
    if (!flux.bridge || flux.arriving || !$("#generate")) return false;
    if (!kept) {
      try {
        kept = Object(JSON.parse(local.get(FORM + (flux.endpoint || "")) || "{}"));
      } catch {
        kept = {};
      }
    }
    const now = form();
    for (const [name, value] of Object.entries(kept)) {
      if (!(name in now) || performance.now() - since[name] < SETTLED) continue;
      if (now[name] !== value) refill(name, value);
      delete kept[name];
    }
    // What is folded away is not in the page before it is opened, and would be sent as it was at first.
    if (Object.keys(kept).some((name) => !(name in now)) && !flux.unfolded) {
      flux.unfolded = true;
      $("#advanced > button:not(.open)")?.click();
    }
    const folded = $$("#advanced .field");
    const open = folded.length && folded.every((one) => $("input, textarea, button", one));
    return !Object.keys(kept).length || !$("#advanced") || (open && !Object.keys(kept).some((name) => name in form()));
  }

  flux.restore = restore;

  function refill(name, value) {
    const boxes = $$(`#input-${CSS.escape(name)} :is(textarea, input)`);
    const chosen = boxes.find((box) => box.type === "radio" && box.value === value);
    const range = boxes.find((box) => box.type === "range");
    if (boxes[0]?.type === "checkbox" || chosen) (chosen || boxes[0]).click();
    else if (range) setValue(range, value);
    else if (boxes[0]?.type !== "radio") (put(name, value), typed.set(name, value));
    markShape();
  }

  // ---- what keeps itself up to date ------------------------------------------------------------------------------
  function tick() {
    for (const clock of $$("time[data-elapsed]")) {
      const told = `${clock.dataset.of} ${clock.dataset.elapsed}`;
      if (clock.told !== told) {
        clock.told = told; // the same element may come to stand for another generation
        clock.since = performance.now() - Number(clock.dataset.elapsed) * 1000;
      }
      const seconds = Math.floor((performance.now() - clock.since) / 1000);
      const text = seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
      if (clock.textContent !== text) clock.textContent = text;
    }
    restore();
    remember();
    lookAgain();
    entitle();
  }

  function entitle() {
    const line = $("#stage .line");
    const running = Number($("#history [data-running]")?.dataset.running || 0);
    const said = line?.dataset.title || "";
    const clock = $("time", line || document.head)?.textContent || "";
    const title = said ? `${running > 1 ? `(${running}) ` : ""}${said}${clock && ` ${clock}`} – ${NAME}` : NAME;
    if (document.title !== title) document.title = title;
    announce(said);
  }

  // What belongs under the inputs comes in one piece with the form.
  function equip() {
    for (const one of $$("template[data-under]")) {
      const field = document.getElementById(`field-${one.dataset.under}`);
      if (field && !$(":scope > .hints", field)) field.append(one.content.cloneNode(true));
    }
  }

  // What is wrong is told for the whole form in one place, and written under each field.
  function mark() {
    const wrong = {};
    for (const row of $$("#faults li")) (wrong[row.dataset.field] ??= []).push(row.textContent);
    for (const row of $$(`#image-notes[data-check="${check}"] [data-kind=fault]`)) {
      const texts = (wrong[row.dataset.field] ??= []);
      if (!texts.includes(row.textContent)) texts.push(row.textContent);
    }
    for (const [name, text] of rejected) wrong[name] = [text];
    for (const hint of $$(".hint")) {
      const texts = wrong[hint.id.slice("hint-".length)] || [];
      const there = $$(":scope > .fault", hint);
      if (there.map((one) => one.textContent).join("\n") === texts.join("\n")) continue;
      for (const one of there) one.remove();
      const fresh = texts.map((textContent) => Object.assign(document.createElement("p"), { className: "fault", textContent }));
      hint.prepend(...fresh);
    }
  }

  function describe() {
    keepPlace();
    equip();
    mark();
    mendFilled();
    const said = $("#stage .said");
    if (said) said.tabIndex = said.scrollHeight > said.clientHeight + 1 ? 0 : -1; // longer than its place: to be scrolled
    for (const hint of $$(".hint")) {
      const name = hint.id.slice("hint-".length);
      const faulty = Boolean($(".fault", hint)) && !hint.closest(".field.mended");
      for (const box of $$(`#input-${CSS.escape(name)} textarea, #input-${CSS.escape(name)} input`)) {
        if (box.type?.startsWith("text") && box.dir !== "auto") box.dir = "auto"; // what is typed may read from the right
        if (box.getAttribute("aria-describedby") !== hint.id) box.setAttribute("aria-describedby", hint.id);
        if (String(faulty) !== box.getAttribute("aria-invalid")) box.setAttribute("aria-invalid", String(faulty));
      }
    }
    if (flux.focus) {
      $(`#strip .card[data-id="${flux.focus}"]`)?.focus({ preventScroll: narrow() });
      flux.focus = null;
    }
    const who = $(".connection")?.dataset.who;
    if (flux.bridge && who && who !== flux.who) {
      flux.who = who;
      flux.bridge("account", {});
    }
    const frame = $("#stage .frame");
    if (frame && frame.dataset.id !== flux.paid && frame.dataset.kind === "image") {
      if (flux.paid !== undefined && who !== "demo") flux.bridge?.("account", { balance: true });
      flux.paid = frame.dataset.id;
    } else if (frame) flux.paid ??= ""; // the first image of a visit costs as well
    offerTrigger();
    checkImages();
    markShape();
    entitle();
  }

  // The account's finetunes are offered while an id is typed; a trigger word that the prompt lacks is said before it
  // costs anything.
  function triggerWord(finetune = input("finetune_id")?.value || "") {
    const chosen = finetune.trim();
    return [...($("#finetunes")?.options || [])].find((one) => one.value === chosen)?.dataset.trigger || "";
  }

  function offerTrigger() {
    const box = input("finetune_id");
    const list = $("#finetunes");
    const hint = $("#hint-finetune_id");
    if (!box || !hint) return;
    if (list && box.getAttribute("list") !== "finetunes") box.setAttribute("list", "finetunes");
    const word = triggerWord();
    const lacks = word && !(input("prompt")?.value || "").includes(word);
    const text = lacks ? word : "";
    let note = $("#trigger");
    if ((note?.dataset.word || "") === text) return;
    note?.remove();
    if (!text) return;
    note = Object.assign(document.createElement("p"), { id: "trigger" });
    note.dataset.word = word;
    note.append(`The prompt lacks its trigger word ${word}. `);
    const add = Object.assign(document.createElement("button"), { type: "button", textContent: "Put it in front" });
    add.dataset.act = "trigger";
    add.dataset.word = word;
    note.append(add);
    hint.append(note);
  }

  // The program checks images as soon as they are in their field; its notes are shown at the field.
  let check = 0; // number of the latest check; notes with another number are about other images
  let checked = new Map(); // field → addresses of the images that were checked last
  const rejected = new Map(); // field → why its file was not taken
  const leftOut = new Map(); // field → which of several files is used

  const imageName = (field) => field.id.slice("field-".length);
  const addresses = (field) => $$("img[src], .file-preview a[href]", field).map((link) => link.src || link.href).join(" ");

  function checkImages() {
    const fields = $$(".image-field");
    const changed = fields.filter((field) => addresses(field) !== (checked.get(field.id) || ""));
    if (changed.length && flux.bridge && !flux.arriving) {
      checked = new Map(fields.map((field) => [field.id, addresses(field)]));
      check += 1;
      for (const field of changed) {
        rejected.delete(imageName(field));
        if (!addresses(field)) leftOut.delete(imageName(field));
        mend(field);
      }
      if (fields.some(addresses)) flux.bridge("checkimages", { check });
    }
    const list = $("#image-notes");
    const current = list?.dataset.check === String(check);
    if (current && list.shown !== check) {
      list.shown = check;
      for (const row of $$("[data-kind=fault]", list)) unmend(row.dataset.field);
    }
    for (const field of fields) {
      const name = imageName(field);
      const rows = current ? $$(`[data-field="${CSS.escape(name)}"][data-kind=measure]`, list) : [];
      const texts = [...rows.map((row) => row.textContent), leftOut.get(name) || ""].filter(Boolean);
      const notes = $$(".measure", field);
      if (notes.map((note) => note.textContent).join("\n") === texts.join("\n")) continue;
      for (const note of notes) note.remove();
      for (const textContent of texts) {
        $(".hint", field)?.append(Object.assign(document.createElement("p"), { className: "measure", textContent }));
      }
    }
  }

  const unmend = (name) => $(`#field-${CSS.escape(name)}`)?.classList.remove("mended");

  // Gradio uses one of several files without a word, and reports files of other kinds far from the field.
  function receive(event, files) {
    const field = event.target.closest?.(".image-field");
    if (!field || !files?.length) return;
    const name = imageName(field);
    const several = Boolean($("input[type=file][multiple]", field));
    const given = several ? [...files] : [files[0]];
    const other = given.find((file) => file.type && !file.type.startsWith("image/"));
    rejected.delete(name);
    leftOut.delete(name);
    if (other) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.type === "change") event.target.value = "";
      const subject = given.length > 1 ? other.name : "This file";
      rejected.set(name, `${subject} is not an image. Choose a JPEG, PNG or WebP file.`);
      unmend(name);
    } else if (!several && files.length > 1) leftOut.set(name, `Only ${files[0].name} of ${files.length} files is used.`);
    requestAnimationFrame(describe);
  }

  window.addEventListener("drop", (event) => receive(event, event.dataTransfer?.files), true);
  window.addEventListener("change", (event) => event.target.type === "file" && receive(event, event.target.files), true);

  function furnish() {
    region = Object.assign(document.createElement("div"), { className: "unseen" });
    region.setAttribute("role", "status");
    toast = Object.assign(document.createElement("div"), { className: "toast" });
    const sheet = document.createElement("dialog");
    sheet.id = "keys";
    sheet.setAttribute("aria-labelledby", "keys-head");
    const rows = KEYS.map(([keys, what]) => `<dt>${keys.map((key) => `<kbd>${key}</kbd>`).join(" ")}</dt><dd>${what}</dd>`);
    sheet.innerHTML = `<h2 id="keys-head">Keyboard shortcuts</h2><dl>${rows.join("")}</dl>
      <p>Letters work while the image or the history has the focus.</p>
      <div class="notify"><button type="button" id="letters" class="quiet" role="switch" data-act="letters"
      aria-checked="${lettersOn()}"><i class="knob" aria-hidden="true"></i><span>Use single-letter shortcuts</span></button></div>
      <button type="button" class="solid" data-act="close">Close</button>`;
    document.body.append(region, toast, sheet);
    document.documentElement.lang ||= "en";
    document.documentElement.classList.toggle("mac", mac);
    let waiting = false;
    let stands = false;
    new MutationObserver((changes) => {
      answered(changes);
      // Whoever has opened the details wants them of what comes next too: at once, before the page is drawn without.
      const details = $("#stage details.details");
      if (details && flux.open && !details.open) details.open = true;
      if (!$("#generate")) return;
      form(); // what a field holds when it appears, it held at first, however soon it is changed
      if (waiting) return;
      waiting = true;
      if (!stands) ((stands = true), describe()); // so that it is shown in this very frame
      requestAnimationFrame(() => ((waiting = false), describe()));
    }).observe(document.body, { childList: true, subtree: true, attributeFilter: ["open"] });
    setInterval(tick, 250);
  }

  if (document.body) furnish();
  else document.addEventListener("DOMContentLoaded", furnish);
})();
