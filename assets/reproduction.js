// Recipes on this side of the network: what is dropped, pasted or linked goes to the program to be read, and nothing of
// it is read here; panels that open and close in place; copying. `page.js` comes first and gives us `flux`.
(() => {
  "use strict";
  const flux = window.flux;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const LARGEST = 100_000_000;
  const state = { what: "", asked: "", closed: "", more: false, language: 0 };

  // ---- panels below the image ---------------------------------------------------------------------------------
  const image = () => $("#stage .frame.image")?.dataset.id || "";

  function panel(what, id) {
    state.what = what;
    state.asked = what && `${what} ${id}`;
    if (!what) for (const open of $$("#panel .panel")) open.hidden = true;
    flux.bridge?.("panel", { what, id });
  }

  function toggle(data) {
    const open = $(`#panel .panel:not([hidden])[data-what="${data.what}"][data-id="${data.id}"]`);
    if (open) return close(open);
    state.focus = true;
    panel(data.what, data.id);
  }

  function close(open) {
    if (open.dataset.what === "draft") return flux.bridge?.("draft", {}), (open.hidden = true), $("#formtools [data-act=draft]")?.focus();
    if (open.dataset.what === "outcome") state.closed = open.dataset.id;
    panel("", open.dataset.id);
    $(`#stage [data-act=panel][data-what="${open.dataset.what}"], #stage [data-act=more]`)?.focus();
  }

  // A panel belongs to the image on the stage: it goes and comes with it. One that was made again shows how it came out.
  function follow() {
    const id = image();
    for (const open of $$("#panel .panel")) open.hidden = open.dataset.id !== id || !state.what;
    if (!id) return;
    const again = Boolean($("#more[data-again]"));
    if (again && state.closed !== id && (!state.what || state.what === "outcome")) state.what = "outcome";
    else if (state.what === "outcome" && !again) state.what = "";
    const wanted = state.what && `${state.what} ${id}`;
    if (wanted && wanted !== state.asked) panel(state.what, id);
  }

  function unfold() {
    const button = $("#stage [data-act=more]");
    const more = $("#more");
    if (!button || !more) return;
    if (more.hidden === state.more) more.hidden = !state.more;
    if (button.getAttribute("aria-expanded") !== String(state.more)) button.setAttribute("aria-expanded", String(state.more));
  }

  function tab(chosen) {
    const list = chosen.closest("[role=tablist]");
    state.language = $$("[role=tab]", list).indexOf(chosen);
    for (const one of $$("[role=tab]", list)) {
      one.setAttribute("aria-selected", String(one === chosen));
      one.tabIndex = one === chosen ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = one !== chosen;
    }
  }

  function furnish() {
    follow();
    unfold();
    for (const box of $$("input[data-query]")) {
      const whole = address(box.dataset.query);
      if (box.value !== whole) box.value = whole;
    }
    for (const list of $$("[role=tablist]:not([data-seen])")) {
      list.dataset.seen = "1";
      const chosen = $$("[role=tab]", list)[state.language];
      if (state.language && chosen) tab(chosen);
    }
    const fresh = $("#panel .panel:not([hidden]), #draft .panel");
    if (fresh && state.focus) {
      state.focus = false;
      fresh.focus({ preventScroll: true });
      fresh.scrollIntoView({ block: "nearest" });
    }
    for (const sheet of $$("dialog.sheet:not([data-seen])")) {
      sheet.dataset.seen = "1";
      sheet.addEventListener("close", forget);
      sheet.showModal();
      $(".offers button", sheet)?.focus();
    }
  }

  const address = (query) => location.origin + location.pathname + query;

  // ---- what is opened -------------------------------------------------------------------------------------------
  function openFile(file) {
    const box = $("#open input[type=file], input[type=file]#open, #formtools input[type=file]");
    if (!box || !file) return;
    if (file.size > LARGEST) return flux.say("This file is too large to be opened.");
    const carried = new DataTransfer();
    carried.items.add(file);
    box.files = carried.files;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    flux.say("Reading it …");
  }

  // What was made with another endpoint of this page is opened again on that endpoint's form.
  const elsewhere = (path) => flux.at(path, () => flux.bridge?.("reopen", {}));

  const openText = (text) => flux.bridge?.("paste", { text: text.slice(0, 250_000) });
  const isRecipe = (text) => text.includes("flux_playground_recipe") || /^\S+\?\S*\brecipe=\d+$/.test(text.trim());
  const isSettings = (text) => isRecipe(text) || /[{}]|https?:\/\/|\bcurl\b|\bSteps: ?\d|Negative prompt:/.test(text);
  const ownInput = (target) => target.closest?.(".field")?.querySelector("input[type=file], [data-testid=image]");
  const typing = (target) => target.closest?.("input:not([type=file], [type=checkbox], [type=radio], [type=range]), textarea");

  // A link has been seen, whatever became of it: a reload does not ask again.
  function forget() {
    const url = new URL(location.href);
    if (!url.searchParams.has("recipe")) return;
    const kept = flux.endpoint ? `?endpoint=${flux.endpoint}` : "";
    history.replaceState(null, "", url.pathname + kept);
  }

  function arrive() {
    if (!new URLSearchParams(location.search).has("recipe")) return;
    const waiting = setInterval(() => {
      if (!flux.bridge || flux.arriving || !$("#generate")) return;
      clearInterval(waiting);
      setTimeout(() => openText(location.search), 800); // first the form gets back what was in it before
    }, 50);
  }

  // ---- drag and drop --------------------------------------------------------------------------------------------
  let within = false;
  document.addEventListener("dragstart", () => (within = true));
  document.addEventListener("dragend", () => (within = false));
  const carries = (event) => !within && ["Files", "text/uri-list"].some((kind) => event.dataTransfer?.types.includes(kind));

  function hover(on) {
    clearTimeout(state.leaving);
    const veil = $("#veil");
    if (veil) veil.hidden = !on;
  }

  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    const own = ownInput(event.target);
    if (!own) event.preventDefault();
    hover(!own);
    state.leaving = setTimeout(() => hover(false), 400);
  });

  document.addEventListener("drop", (event) => {
    hover(false);
    if (!carries(event) || ownInput(event.target)) return;
    const file = event.dataTransfer.files[0];
    const text = event.dataTransfer.getData("text/uri-list") || event.dataTransfer.getData("text/plain");
    if (!file && (!text || typing(event.target))) return;
    event.preventDefault();
    event.stopPropagation();
    const count = event.dataTransfer.files.length;
    if (file) openFile(file);
    else openText(text.split("\n")[0]);
    if (count > 1) flux.say(`Only ${file.name} of ${count} files is opened.`);
  }, true);

  // ---- paste ----------------------------------------------------------------------------------------------------
  document.addEventListener("paste", (event) => {
    if ($("dialog[open]") || ownInput(event.target)) return;
    const file = event.clipboardData?.files[0];
    const text = event.clipboardData?.getData("text/plain") || "";
    const box = typing(event.target);
    if (file && !text) {
      event.preventDefault();
      openFile(file);
    } else if (!box && text.trim()) {
      if (isSettings(text)) openText(text);
      else if (!$("#input-prompt textarea")?.value.trim()) flux.put("prompt", text.trim());
    } else if (box && box.type !== "password" && isRecipe(text)) {
      propose(box, box.value, text);
    }
  });

  // Whoever types gets what was pasted; that it is a recipe is only said.
  function propose(box, before, text) {
    $("#proposal")?.remove();
    const bar = Object.assign(document.createElement("div"), { id: "proposal" });
    bar.setAttribute("role", "status");
    bar.innerHTML = `<span>That is a recipe or a link with settings.</span>
      <button type="button" class="solid">Open it instead</button><button type="button" class="quiet">Keep the text</button>`;
    const [open, keep] = $$("button", bar);
    open.addEventListener("click", () => {
      const kind = box.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
      Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(box, before);
      box.dispatchEvent(new Event("input", { bubbles: true }));
      bar.remove();
      setTimeout(() => openText(text), 300);
    });
    keep.addEventListener("click", () => (bar.remove(), box.focus()));
    document.body.append(bar);
  }

  // ---- acts -----------------------------------------------------------------------------------------------------
  const acts = {
    panel: (data) => toggle(data),
    unpanel: (_, control) => close(control.closest(".panel")),
    more: () => ((state.more = !state.more), unfold()),
    tab: (_, control) => tab(control),
    copytext: (_, control) => flux.copy($("pre", $$("[role=tabpanel]:not([hidden])", control.closest(".code"))[0] || control.closest(".code")).textContent),
    copylink: (data) => flux.copy(address(data.query)),
    reproduce: (data) => ((state.closed = ""), (state.what = ""), flux.bridge?.("reproduce", { id: data.id })),
    insist: () => flux.insist(),
    draft: () => {
      const open = $("#draft .panel:not([hidden])");
      if (open) return close(open);
      state.focus = true;
      flux.bridge?.("draft", { open: true });
    },
    elsewhere: (data, control) => (leave(control), elsewhere(data.path)),
    apply: (_, control) => (flux.bridge?.("apply", {}), leave(control)),
    asimage: (_, control) => (flux.bridge?.("asimage", {}), leave(control)),
    unsheet: (_, control) => leave(control),
    show: (_, control) => (leave(control), control.closest(".offer")?.remove()),
  };

  const leave = (control) => control.closest("dialog")?.close();
  for (const name of Object.keys(acts)) if (name !== "show") flux.handled.add(name);

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("[data-act]");
    if (control && control.dataset.act in acts) acts[control.dataset.act]({ ...control.dataset }, control);
  });

  document.addEventListener("keydown", (event) => {
    const chosen = event.target.closest?.("[role=tab]");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!chosen || !step) return;
    const tabs = $$("[role=tab]", chosen.closest("[role=tablist]"));
    const next = tabs[(tabs.indexOf(chosen) + step + tabs.length) % tabs.length];
    event.preventDefault();
    event.stopPropagation();
    tab(next);
    next.focus();
  }, true);

  // The code of the form follows the form.
  for (const kind of ["input", "change", "click"]) {
    document.addEventListener(kind, (event) => {
      if (!event.target.closest?.("#form .field") || !$("#draft .panel:not([hidden])")) return;
      clearTimeout(state.later);
      state.later = setTimeout(() => flux.bridge?.("draft", { open: true }), 700);
    });
  }

  function start() {
    const veil = Object.assign(document.createElement("div"), { id: "veil", hidden: true });
    veil.innerHTML = "<p><b>Drop it to see its settings</b><span>An image, a recipe, a link or code. Nothing runs by itself.</span></p>";
    document.body.append(veil);
    let waiting = false;
    new MutationObserver(() => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => ((waiting = false), furnish()));
    }).observe(document.body, { childList: true, subtree: true });
    arrive();
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
