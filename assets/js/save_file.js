// Saves the response of a form as a file: the browser writes it while it arrives. A message that comes instead is shown.
import { showToast } from "./announcements.js";
import { createElement } from "./dom.js";

const FRAME = "saved-file";
let savedFrame = null;

export function saveResponse(action, values) {
  savedFrame ||= addFrame();
  const form = createElement("form", { method: "post", action, target: FRAME, hidden: true });
  for (const [name, value] of Object.entries(values)) form.append(createElement("input", { type: "hidden", name, value }));
  document.body.append(form);
  form.submit();
  form.remove();
}

// A file does not load into the frame; the page is not left.
function addFrame() {
  const frame = createElement("iframe", { name: FRAME, title: "Saved file", hidden: true });
  frame.addEventListener("load", () => {
    const text = frame.contentDocument?.body?.textContent.trim();
    if (text) showToast(text);
  });
  document.body.append(frame);
  return frame;
}
