// Tells the program which tab sends an action.
import { $ } from "./dom.js";
import { page } from "./page_state.js";
import { localStore, sessionStore } from "./storage.js";

const VISITOR = "flux-visitor";
const SERVER = "flux-server";
export const IMAGE_PARAMETER = "image";

// Gradio calls this when the page loads. One half of the token survives a reload and finds the visitor's images again;
// the other half ends the visit.
export function startVisit() {
  const visitor = sessionStore.get(VISITOR) || randomToken();
  sessionStore.set(VISITOR, visitor);
  const visit = randomToken();
  page.token = `${visitor}.${visit}`;
  addEventListener("pagehide", (event) => event.persisted || navigator.sendBeacon("leave", visit));
  return [page.token, imageInAddress()];
}

export const imageInAddress = () => new URLSearchParams(location.search).get(IMAGE_PARAMETER) || "";

// Sent with every action, so that the program finds the session again after it has dropped it.
export const readIdentity = () => ({
  token: page.token,
  payer: $(".connection")?.dataset.who || "",
  server: localStore.get(SERVER) || "",
});

// The server that later requests go to; the program accepts those of the document only.
export const keepServer = (server) => localStore.set(SERVER, server);

const randomToken = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
