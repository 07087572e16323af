// Blind votes: two images without their settings, one key for a choice.
import { $, createElement } from "./dom.js";
import { request } from "./visit_fetch.js";

let voteDialog = null;
let votedSweep = "";
let votedAxis = 0;
let votedPair = [];
let whenVoted = () => {};

export async function openVote(id, done) {
  votedSweep = id;
  votedAxis = 0;
  whenVoted = done;
  if (!voteDialog) createVoteDialog();
  await loadPair();
  if (!voteDialog.open) voteDialog.showModal();
  $(".pair button", voteDialog).focus();
}

function createVoteDialog() {
  voteDialog = createElement("dialog", { id: "vote" });
  voteDialog.setAttribute("aria-label", "Blind vote");
  voteDialog.innerHTML = `<div class="search"><h2>Which image is better?</h2><label class="axis-choice">Rank by <select></select></label>
    <button type="button" class="quiet framed" data-vote="undo">Undo the last vote</button>
    <button type="button" class="quiet framed" data-vote="close">Close</button></div>
    <p class="message" role="alert"></p>
    <div class="pair"><button type="button" data-vote="first" aria-label="The left image is better"><img alt="Left image"></button>
    <button type="button" data-vote="second" aria-label="The right image is better"><img alt="Right image"></button></div>
    <p class="keys"><span class="by-key"><kbd>1</kbd> left <kbd>2</kbd> right</span> <button type="button" class="quiet framed" data-vote="tie"><kbd>0</kbd> Equal</button></p>
    <div class="ranking"></div>`;
  document.body.append(voteDialog);
  voteDialog.addEventListener("click", (event) => runVote(event.target.closest("[data-vote]")?.dataset.vote));
  voteDialog.addEventListener("keydown", (event) => {
    const choice = { 1: "first", 2: "second", 0: "tie" }[event.key];
    if (!choice || event.target.matches("select")) return;
    event.preventDefault();
    if (!event.repeat) runVote(choice);
  });
  $("select", voteDialog).addEventListener("change", ({ target }) => {
    votedAxis = Number(target.value);
    loadPair();
  });
  voteDialog.addEventListener("close", () => whenVoted());
}

async function loadPair() {
  const response = await request(`sweeps/pair/${encodeURIComponent(votedSweep)}?axis=${votedAxis}`, {
    onRefused: (text) => ($(".message", voteDialog).textContent = text),
  });
  if (!response) return;
  const { cells, images, ranking, axes, votes } = await response.json();
  votedPair = cells;
  const menu = $("select", voteDialog);
  if (menu.options.length !== axes.length) {
    menu.replaceChildren(...axes.map((name, place) => createElement("option", { value: place, textContent: name })));
  }
  menu.value = votedAxis;
  $(".axis-choice", voteDialog).hidden = axes.length < 2;
  $(".pair", voteDialog).hidden = $(".keys", voteDialog).hidden = !cells.length;
  $(".message", voteDialog).textContent = cells.length ? "" : "No more pairs to compare.";
  images.forEach((src, place) => (voteDialog.querySelectorAll(".pair img")[place].src = src));
  $(".ranking", voteDialog).innerHTML = ranking;
  const undo = $("[data-vote=undo]", voteDialog);
  if (!votes && undo === document.activeElement) $(".pair button", voteDialog).focus();
  undo.disabled = !votes;
}

async function runVote(choice) {
  if (!choice) return;
  if (choice === "close") {
    voteDialog.close();
    return;
  }
  const [first, second] = votedPair;
  if (choice !== "undo" && !first) return;
  const winner = { first, second }[choice] || "";
  const body = choice === "undo" ? { id: votedSweep, undo: true } : { id: votedSweep, first, second, winner };
  votedPair = [];
  await request("sweeps/vote", { body });
  await loadPair();
}
