// The choice of an endpoint: it stands in the link, and what was filled in goes along to the form of the next one.
// The forms are numbered in the order of the choice; each has a bridge of its own (`flux.bridges`).
(() => {
  "use strict";
  const flux = window.flux;
  const PARAMETER = "endpoint";
  const $ = (selector) => document.querySelector(selector);
  const wanted = () => new URLSearchParams(location.search).get(PARAMETER) || "";
  let going = null;

  flux.form = 0;
  flux.endpoint = "";
  // Until the endpoint that the link names is there, the form that is must not be taken for its form.
  flux.arriving = Boolean(wanted());

  function choices() {
    return [...($("#endpoint")?.options || [])].map((option) => option.value);
  }

  function go(path) {
    const to = choices().indexOf(path);
    if (to < 0 || to === flux.form || going !== null) return false;
    going = to;
    $("#form")?.setAttribute("aria-busy", "true");
    flux.bridge("leave", {});
    return true;
  }

  // Called when what was given in the old form is kept and the form is gone.
  flux.left = () => {
    if (going === null) return;
    flux.form = going;
    flux.endpoint = going ? choices()[going] : "";
    flux.arriving = true;
    flux.bridge("arrive", {});
    const address = new URL(location);
    if (flux.endpoint) address.searchParams.set(PARAMETER, flux.endpoint);
    else address.searchParams.delete(PARAMETER);
    history.replaceState(null, "", address);
    const picker = $("#endpoint");
    if (picker) picker.value = choices()[going];
    going = null;
  };

  // Called whenever the page has changed.
  function arrived() {
    if (!flux.arriving || going !== null || !flux.bridge || !$("#generate")) return;
    const path = wanted();
    if (path && flux.form === 0 && choices()[0] !== path) {
      if (flux.bridges.length >= choices().length && go(path)) return;
      if (choices().includes(path)) return;
    }
    flux.arriving = false;
  }

  document.addEventListener("change", (event) => {
    if (event.target.id !== "endpoint") return;
    if (!go(event.target.value)) event.target.value = choices()[flux.form];
  });

  const watch = () => new MutationObserver(arrived).observe(document.body, { childList: true, subtree: true });
  if (document.body) watch();
  else document.addEventListener("DOMContentLoaded", watch);
})();
