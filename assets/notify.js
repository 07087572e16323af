// Tells of a generation that ends while this tab is in the background: off until somebody turns it on in the sheet of
// keys, and only then is the browser asked for its permission.
(() => {
  "use strict";
  const flux = window.flux;
  const KEPT = "flux-notify";
  const $ = (selector) => document.querySelector(selector);
  const able = "Notification" in window;
  const OFF = "Tell me when an image is done while I look elsewhere";
  const DENIED = "The browser does not let this page tell you: allow notifications in its settings for this address.";
  const under = new Set(); // the ids of what is under way
  const local = flux.storage("localStorage");
  let wanted = able && local.get(KEPT) === "1" && Notification.permission === "granted";

  flux.toggleNotify = async () => {
    let said = "";
    if (wanted) wanted = false;
    else {
      const answer = Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission;
      wanted = answer === "granted";
      said = wanted ? "" : DENIED;
    }
    local.set(KEPT, wanted ? "1" : "0");
    show(said);
  };

  function show(said = "") {
    const box = $("#notify");
    if (!box) return;
    box.setAttribute("aria-checked", String(wanted));
    $("#notify-said").textContent = said;
  }

  function furnish() {
    const sheet = $("dialog#keys dl");
    if (!sheet || !able || $("#notify")) return Boolean($("#notify")) || !able;
    const part = document.createElement("div");
    part.className = "notify";
    part.innerHTML = `<button type="button" id="notify" class="quiet" role="switch" data-act="notify"
      aria-checked="${wanted}"><i class="knob" aria-hidden="true"></i><span>${OFF}</span></button>
      <p id="notify-said" role="status"></p>`;
    sheet.after(part);
    return true;
  }

  // A card that was under way and is no longer has ended, well or not.
  function look() {
    const cards = [...document.querySelectorAll("#strip .card")];
    const running = new Set(cards.filter((one) => one.classList.contains("running")).map((one) => one.dataset.id));
    for (const id of [...under].filter((one) => !running.has(one))) {
      under.delete(id);
      const card = cards.find((one) => one.dataset.id === id);
      if (card && wanted && document.hidden) tell(card);
    }
    for (const id of running) under.add(id);
  }

  function tell(card) {
    const [state, ...prompt] = (card.getAttribute("aria-label") || "").split(": ");
    const told = new Notification(`${state} – Flux Playground`, { body: prompt.join(": "), tag: card.dataset.id });
    told.onclick = () => {
      window.focus();
      flux.bridge?.("show", { id: card.dataset.id });
      told.close();
    };
  }

  function begin() {
    const looking = setInterval(() => furnish() && clearInterval(looking), 200);
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
  }
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
