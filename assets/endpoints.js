// The choice of an endpoint: it stands in the link, and what was filled in goes along to the form of the next one.
// The request as JSON beside the form, each following the other.
// The forms are numbered in the order of the choice; `flux.form` is the one that is shown.
(() => {
  "use strict";
  const flux = window.flux;
  const PARAMETER = "endpoint";
  const $ = (selector) => document.querySelector(selector);
  const wanted = () => new URLSearchParams(location.search).get(PARAMETER) || "";
  let going = null;
  let stood = false; // whether the form that is shown has been on the page

  flux.endpoint = "";
  for (const name of ["json", "document", "adopt"]) flux.handled.add(name);
  // Until the endpoint that the link names is there, the form that is must not be taken for its form.
  flux.arriving = Boolean(wanted());

  function choices() {
    return [...($("#endpoint")?.options || [])].map((option) => option.value);
  }

  function go(path) {
    const to = choices().indexOf(path);
    if (to < 0 || to === flux.form || going !== null || !flux.bridge || !flux.offers(to)) return false;
    going = to;
    setTimeout(() => going === to && stay(), 8000);
    $("#form")?.setAttribute("aria-busy", "true");
    flux.arriving = true;
    flux.bridge("leave", {});
    return true;
  }

  // The program did not answer: the form is the one that it was.
  function stay() {
    going = null;
    flux.arriving = false;
    $("#form")?.removeAttribute("aria-busy");
    const picker = $("#endpoint");
    if (picker) picker.value = choices()[flux.form];
    flux.say("The program did not answer. Nothing was changed.");
  }

  // What was given in the old form is kept, for that form is gone from the page.
  function left() {
    if ($(`#fields-${flux.form}`)) stood = true;
    else if (stood && going === null && !flux.arriving) come(); // after we had given up waiting
    if (going === null || $(`#fields-${flux.form}`)) return;
    flux.form = going;
    flux.endpoint = going ? choices()[going] : "";
    come();
    const address = new URL(location);
    if (flux.endpoint) address.searchParams.set(PARAMETER, flux.endpoint);
    else address.searchParams.delete(PARAMETER);
    history.replaceState(null, "", address);
    const picker = $("#endpoint");
    if (picker) picker.value = choices()[going];
    going = null;
  }

  function come() {
    stood = false;
    flux.arriving = true;
    flux.bridge("arrive", {});
  }

  function arrived() {
    if (!flux.arriving || going !== null || !flux.bridge || !$(`#fields-${flux.form}`)) return;
    const path = wanted();
    if (path && flux.form === 0 && choices()[0] !== path) {
      if (go(path)) return;
      if (choices().includes(path)) return;
    }
    flux.arriving = false;
    $("#form")?.removeAttribute("aria-busy");
    if (isOpen()) flux.bridge("tojson", {});
    flux.then?.();
    flux.then = null;
  }

  // Something that is to be done with the form of an endpoint, which is chosen first where it is another.
  flux.at = (path, run) => {
    const here = choices()[flux.form];
    if (!path || path === here || !choices().includes(path)) run();
    else if (go(path)) flux.then = run;
  };

  document.addEventListener("change", (event) => {
    if (event.target.id !== "endpoint") return;
    if (!go(event.target.value)) event.target.value = choices()[flux.form];
  });

  // ---- the request as JSON, beside the form ---------------------------------------------------------------------
  const later = { form: 0, json: 0 };
  const isOpen = () => document.body.classList.contains("json-open");

  function show(open) {
    document.body.classList.toggle("json-open", open);
    if (open) flux.bridge?.("tojson", {});
    (open ? $("#json") : $("#views [data-act=json]"))?.focus();
  }

  function soon(what, pause, run) {
    clearTimeout(later[what]);
    later[what] = setTimeout(run, pause);
  }

  function formChanged(event) {
    if (!isOpen() || event.target.id === "json" || !event.target.closest?.("#form .field, .tools, [role=listbox]")) return;
    soon("form", 350, () => flux.bridge?.("tojson", {}));
  }

  for (const name of ["input", "change", "click", "drop"]) document.addEventListener(name, formChanged, true);

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("[data-act=json]");
    if (control) show(control.dataset.open === "1" && !isOpen());
  });

  document.addEventListener("input", (event) => {
    if (event.target.id === "json") soon("json", 400, () => flux.bridge?.("fromjson", { text: $("#json").value }));
  });

  let seen = null;
  function written() {
    const now = $("#json-now");
    const box = $("#json");
    if (now && box && now.textContent !== seen && document.activeElement !== box) {
      seen = now.textContent;
      box.value = seen;
    } else if (now && box && !box.value) {
      box.value = seen = now.textContent;
    }
    const wrong = $("#json-state")?.classList.contains("fault");
    if (box && String(Boolean(wrong)) !== box.getAttribute("aria-invalid")) box.setAttribute("aria-invalid", String(Boolean(wrong)));
  }

  // ---- another document -----------------------------------------------------------------------------------------
  const session = flux.storage("sessionStorage");
  const DRIFT = "flux-drift";
  const LONGEST = 3_000_000;

  function tell(lines, wrong) {
    const place = $("#adopted");
    if (!place) return;
    const list = document.createElement(wrong ? "p" : "ul");
    if (wrong) Object.assign(list, { className: "fault", textContent: lines[0] }).setAttribute("role", "alert");
    else for (const line of lines) list.append(Object.assign(document.createElement("li"), { textContent: line }));
    place.replaceChildren(list);
    $("details.document").open = true;
  }

  function adopt(data) {
    tell(["Reading it …"], true);
    flux.bridge?.("adopt", data);
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("#documents [data-act]");
    if (control?.dataset.act === "document") $("#document-file")?.click();
    else if (control?.dataset.act === "adopt") adopt({ what: control.dataset.what });
  });

  document.addEventListener("change", async (event) => {
    const file = event.target.id === "document-file" && event.target.files[0];
    if (!file) return;
    const name = file.name;
    if (file.size > LONGEST) tell([`${name} is too large for a document of this kind. The page stays as it was.`], true);
    else adopt({ what: "text", name, text: await file.text() });
    event.target.value = "";
  });

  function adopted() {
    const told = $("#documents [data-told]:not([data-seen])");
    if (told) {
      told.dataset.seen = "1";
      const lines = told.tagName === "UL" ? [...told.children].map((row) => row.textContent) : [told.textContent];
      tell(lines, told.classList.contains("fault"));
      if (told.dataset.reload) {
        session.set(DRIFT, JSON.stringify(lines));
        setTimeout(() => location.reload(), 1000);
      }
      return;
    }
    const kept = $("#adopted") && session.get(DRIFT);
    if (!kept || performance.now() > 20000 || $("#documents [data-reload]")) return;
    session.set(DRIFT, null);
    tell(JSON.parse(kept), false);
  }

  function changed() {
    adopted();
    left();
    arrived();
    written();
  }

  const watch = () => new MutationObserver(changed).observe(document.body, { childList: true, subtree: true });
  if (document.body) watch();
  else document.addEventListener("DOMContentLoaded", watch);
})();
