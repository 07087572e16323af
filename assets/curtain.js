// The page is shown in one piece: until its parts stand it is not seen, so that nothing moves under the eye while gradio
// puts one after the other in its place. A browser that has been here before waits for what there was then as well. The
// style shows the page in the end whatever happens here.
(() => {
  const LONGEST = 1500; // milliseconds for what there was before, once the parts stand
  const $ = (selector) => document.querySelector(selector);
  let since = 0;

  function known() {
    try {
      return Object.keys(localStorage).some((key) => key.startsWith("flux-form"));
    } catch {
      return false; // a browser that keeps nothing
    }
  }

  function look() {
    if (window.flux?.bridge && $("#generate") && $(".field > .hints")) since ||= performance.now();
    const told = !known() || $("#history section") || performance.now() - since > LONGEST;
    if (since && told) document.documentElement.classList.add("there");
    else requestAnimationFrame(look);
  }
  look();
})();
