// A lock for the seed: while it is closed, recalls, the dice, reuse and clear leave the seed of the form as it is.
// Closed on a blank seed, it takes the seed of the image on the stage: what comes next is made with the same one.
// The seed can still be typed. What replaces the whole form (a recipe, a link, JSON) replaces the seed as well.
(() => {
  "use strict";
  const flux = window.flux;
  const KEPT = "flux-seed-locked";
  const $ = (selector) => document.querySelector(selector);
  const box = () => $("#input-seed input, #input-seed textarea");
  const STAYS = "The seed is locked: it stays as it is.";
  const local = flux.storage("localStorage");
  let closed = local.get(KEPT) === "1";

  flux.toggleLock = () => {
    const shown = $("#stage [data-seed]");
    closed = !closed;
    if (closed && box()?.value.trim() === "" && shown) flux.put("seed", shown.dataset.seed);
    local.set(KEPT, closed ? "1" : "0");
    show();
    const held = box()?.value.trim();
    flux.say(!closed ? "The seed is free again." : held ? `The seed ${held} is locked.` : "Locked: a random seed each time.");
  };

  // What an act becomes while the lock is closed; null when nothing of it is left.
  flux.underLock = (name, data) => {
    if (!closed) return data;
    const onlySeed = (name === "recall" && data.what === "seed") || (name === "clear" && data.field === "seed");
    if (name === "dice" || name === "reuse" || onlySeed) return flux.say(STAYS), null;
    return name === "recall" && data.what === "all" ? { ...data, what: "but-seed" } : data;
  };

  function show() {
    const button = $("[data-act=lock]");
    if (button && button.getAttribute("aria-pressed") !== String(closed)) {
      button.setAttribute("aria-pressed", String(closed));
    }
  }
  setInterval(show, 250);
})();
