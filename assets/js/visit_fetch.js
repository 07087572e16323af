// Requests to the program's own routes, with the token of this tab.
import { showToast } from "./announcements.js";
import { page } from "./page_state.js";

const TOKEN_HEADER = "x-flux-visit";

// The response of a route, or null after a message: where it cannot be reached, or reports a mistake.
// `body` is sent as JSON, `file` as it is.
export async function request(path, { body, file, signal, onRefused = showToast } = {}) {
  const headers = { [TOKEN_HEADER]: page.token };
  if (body !== undefined) headers["content-type"] = "application/json";
  else if (file) headers["content-type"] = "application/octet-stream";
  try {
    const response = await fetch(path, {
      method: body === undefined && !file ? "GET" : "POST",
      headers,
      body: body === undefined ? file : JSON.stringify(body),
      signal,
    });
    if (response.ok) return response;
    onRefused(response.status === 429 ? "Too many requests. Try again in a moment." : await response.text());
  } catch (error) {
    if (error.name !== "AbortError") onRefused("The program cannot be reached.");
  }
  return null;
}
