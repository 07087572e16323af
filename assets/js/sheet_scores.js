// The scores of a sweep's images by the owner's command: a number in each cell, and their means along the columns.
import { $, $$, createElement } from "./dom.js";
import { request } from "./visit_fetch.js";

const SCORE_MILLISECONDS = 1500;
const PLOT = { width: 640, height: 120, margin: 24 };
let scoredSheet = ""; // the sweep whose scores are known
let scores = {};
let areScoresOn = true; // whether the settings name a command
let isSorted = false;
let scoreTimer = 0;

// Asks for the scores of a sweep whose sheet was drawn as a whole.
export async function loadScores(id) {
  clearTimeout(scoreTimer);
  if (id !== scoredSheet) [scores, isSorted, areScoresOn] = [{}, false, true];
  scoredSheet = id;
  if (areScoresOn) takeScores(id, await request(`sweeps/scores/${encodeURIComponent(id)}`));
}

export async function scoreImages() {
  const id = scoredSheet;
  takeScores(id, await request("sweeps/scores", { body: { id } }));
}

async function takeScores(id, response) {
  if (!response || id !== scoredSheet) return;
  const answer = await response.json();
  areScoresOn = answer.isOn;
  if (!areScoresOn) return;
  scores = answer.scores;
  renderScores(answer);
  if (answer.waiting) scoreTimer = setTimeout(async () => takeScores(id, await request(`sweeps/scores/${encodeURIComponent(id)}`)), SCORE_MILLISECONDS);
}

export function toggleScoreOrder() {
  isSorted = !isSorted;
  renderScores();
}

// Writes the numbers again after the sheet was drawn again.
export function renderScores(answer = null) {
  if (answer) renderScoreBar(answer);
  for (const cell of $$("#sheet td[data-cell]")) {
    $(".score", cell)?.remove();
    const score = scores[cell.dataset.cell];
    if (score !== undefined) ($(".face", cell) || cell).append(createElement("b", { className: "score", textContent: formatScore(score) }));
  }
  orderColumns();
  const bar = $("#sheet .scores");
  if (!bar) return;
  $(".plot", bar)?.replaceWith(createPlot());
  $("[data-act=sweep-sort]", bar).hidden = !Object.keys(scores).length;
}

const formatScore = (score) => String(Number(score.toPrecision(4)));

function renderScoreBar({ waiting, errors }) {
  let bar = $("#sheet .scores");
  if (!bar) {
    bar = createElement("div", { className: "scores" });
    bar.innerHTML = `<p><button type="button" class="quiet framed" data-act="sweep-score">Score the images</button>
      <button type="button" class="quiet framed" data-act="sweep-sort" aria-pressed="false">Sort columns by score</button>
      <span role="status"></span></p><div class="plot"></div>`;
    $("#sheet .ranking")?.before(bar);
  }
  const failed = Object.values(errors);
  $("[role=status]", bar).textContent = waiting ? `${waiting} to be scored…` : failed.length ? `${failed.length} without a score. ${failed[0]}` : "";
  $("[data-act=sweep-score]", bar).disabled = waiting > 0;
}

// The mean of each column's scores; null for a column without one. `columns` are lists of scores.
export const meansOf = (columns) =>
  columns.map((column) => (column.length ? column.reduce((sum, score) => sum + score, 0) / column.length : null));

// The order of columns by their means, the best first, those without a mean last.
export const orderByMean = (means) =>
  [...means.keys()].sort((one, other) => (means[other] ?? -Infinity) - (means[one] ?? -Infinity) || one - other);

const rowsOf = (table) => $$("tr", table);
const cellsOf = (row) => [...row.children].filter((cell) => cell.tagName === "TD" || (cell.scope === "col" && !cell.classList.contains("corner")));

function scoreColumns() {
  const columns = [];
  for (const table of $$("#sheet table")) {
    for (const row of $$("tbody tr", table)) {
      cellsOf(row).forEach((cell) => {
        const place = Number(cell.dataset.column);
        columns[place] ??= [];
        if (scores[cell.dataset.cell] !== undefined) columns[place].push(scores[cell.dataset.cell]);
      });
    }
  }
  return columns;
}

function orderColumns() {
  for (const row of $$("#sheet tr")) {
    cellsOf(row).forEach((cell, place) => (cell.dataset.column ??= place));
  }
  const order = isSorted ? orderByMean(meansOf(scoreColumns())) : null;
  for (const row of $$("#sheet table").flatMap(rowsOf)) {
    const cells = cellsOf(row).sort((one, other) => one.dataset.column - other.dataset.column);
    const wanted = order ? order.map((place) => cells[place]) : cells;
    if (wanted.some((cell, place) => cell !== cellsOf(row)[place])) row.append(...wanted);
  }
  $("#sheet [data-act=sweep-sort]")?.setAttribute("aria-pressed", isSorted);
}

// A line through the means of the columns, in the order of the axis.
function createPlot() {
  const means = meansOf(scoreColumns());
  const known = means.filter((mean) => mean !== null);
  const place = createElement("div", { className: "plot" });
  if (known.length < 2) return place;
  const labels = [];
  for (const head of $$("#sheet table:first-of-type thead th[data-column]")) labels[head.dataset.column] ??= head.textContent;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (index) => PLOT.margin + (index * (PLOT.width - 2 * PLOT.margin)) / (means.length - 1);
  const y = (mean) => PLOT.height - PLOT.margin - ((mean - low) / (high - low || 1)) * (PLOT.height - 2 * PLOT.margin);
  const points = means.map((mean, index) => (mean === null ? null : [x(index), y(mean)]));
  const line = points.filter(Boolean).map((point) => point.map((one) => one.toFixed(1)).join(",")).join(" ");
  const text = means.map((mean, index) => (mean === null ? "" : `${labels[index]}: ${formatScore(mean)}`)).filter(Boolean).join(", ");
  place.innerHTML = `<svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img"><polyline points="${line}"/>
    ${points.map((point) => (point ? `<circle cx="${point[0].toFixed(1)}" cy="${point[1].toFixed(1)}" r="4"/>` : "")).join("")}</svg>`;
  $("svg", place).setAttribute("aria-label", `Mean score by column. ${text}`);
  place.append(createElement("p", { className: "note", textContent: `Mean score. ${text}` }));
  return place;
}
