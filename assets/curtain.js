// The page is shown in one piece: until its parts stand and what there was before is on the stage it is not seen, so
// that nothing moves under the eye while gradio puts one part after the other in its place. The style shows it in the
// end whatever happens here.
(() => {
  const LONGEST = 1500; // milliseconds for what there was before, once the parts stand
  let since = 0;

  function look() {
    if (window.flux?.bridge) since ||= performance.now();
    const told = document.querySelector("#history section") || performance.now() - since > LONGEST;
    if (since && told) document.documentElement.classList.add("there");
    else requestAnimationFrame(look);
  }
  look();
})();
