// An image whose file is damaged or cannot be loaded has a text in its place.
const PLACES = ".card .face > img, #lightbox .view > img, #comparison .view > img, #stage .frame.image a > img";

export function installBrokenImages() {
  document.addEventListener("error", ({ target }) => markBroken(target, true), true);
  document.addEventListener("load", ({ target }) => markBroken(target, false), true);
}

export function markBroken(image, isBroken) {
  if (image.matches?.(PLACES)) image.parentElement.toggleAttribute("data-broken", isBroken);
}
