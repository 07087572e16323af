// The list of earlier sweeps.
import { changeAddress, SHEET } from "./address_state.js";
import { $, createElement } from "./dom.js";
import { closeLightbox } from "./lightbox.js";
import { request } from "./visit_fetch.js";

let sweepDialog = null;

export async function openSweepList() {
  if (!sweepDialog) {
    sweepDialog = createElement("dialog", { id: "sweep-list" });
    sweepDialog.setAttribute("aria-label", "Sweeps");
    sweepDialog.innerHTML = '<div class="search"><h2>Sweeps</h2><button type="button" class="quiet framed">Close</button></div><ul></ul>';
    $("button", sweepDialog).addEventListener("click", () => sweepDialog.close());
    document.body.append(sweepDialog);
  }
  const response = await request("sweeps/list");
  if (!response) return;
  $("ul", sweepDialog).innerHTML = await response.text();
  sweepDialog.showModal();
}

export function openSheet({ id }) {
  sweepDialog?.close();
  closeLightbox();
  changeAddress({ [SHEET]: id });
}
