// The page is shown in one piece: until its parts stand it is not seen, so that nothing moves under the eye while gradio
// puts one after the other in its place. A browser that has been here before waits for what there was then as well: the
// images, and what stood in the form. The style shows the page in the end whatever happens here.
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

  // Every field has its input, and what belongs under it.
  function stands() {
    const fields = [...document.querySelectorAll(".field")];
    const whole = (one) => one.querySelector(":scope > .hints") && one.querySelector(":scope > :not(.hints, .tools)");
    return window.flux?.bridge && $("#generate") && fields.length && fields.every(whole);
  }

  function look() {
    if (!since && stands()) since = performance.now();
    const back = since && (!known() || (window.flux.restore() && $("#history section")));
    if (back || (since && performance.now() - since > LONGEST)) document.documentElement.classList.add("there");
    else requestAnimationFrame(look);
  }
  look();
})();
