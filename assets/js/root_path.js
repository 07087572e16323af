// A proxy that serves the page below a path: without GRADIO_ROOT_PATH no request reaches the program.
import { createElement } from "./dom.js";

const withoutSlash = (path) => path.replace(/\/+$/, "");

export function missingRootPath(root, path) {
  const here = withoutSlash(path);
  return root && here !== withoutSlash(new URL(root, "http://page").pathname) ? here : "";
}

export function warnAboutRootPath() {
  const path = missingRootPath(window.gradio_config?.root, location.pathname);
  if (!path) return;
  const warning = createElement("div", { id: "proposal" });
  warning.setAttribute("role", "alert");
  warning.textContent = `This page is served below ${path}. Start the program with GRADIO_ROOT_PATH=${path}.`;
  document.body.append(warning);
}
