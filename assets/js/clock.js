// One clock for everything that depends on time, and the elapsed time of generations.
import { $$ } from "./dom.js";
import { onChange } from "./rendering.js";

const TICK_MILLISECONDS = 250;
const tasks = [];
const starts = new Map(); // id of a generation → when it started; an update that arrives late never moves it forward

export const onTick = (task) => tasks.push(task);

export function startClock() {
  onTick(renderElapsedTimes);
  onTick(renderRemainingTimes);
  onChange(renderElapsedTimes);
  setInterval(() => {
    for (const task of tasks) task();
  }, TICK_MILLISECONDS);
}

// As `describe_life` of the program.
export function remainingText(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 1 ? "less than a minute" : `about ${minutes} minute${minutes === 1 ? "" : "s"}`;
}

export function elapsedText(seconds) {
  const whole = Math.floor(seconds);
  return whole < 100 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function renderElapsedTimes() {
  for (const clock of $$("time[data-elapsed]")) {
    const { of: id, elapsed } = clock.dataset;
    const source = `${id} ${elapsed}`;
    if (clock.source !== source) {
      clock.source = source; // Gradio may reuse the element for another generation
      const startedAt = performance.now() - Number(elapsed) * 1000;
      starts.set(id, Math.min(startedAt, starts.get(id) ?? startedAt));
    }
    const text = elapsedText((performance.now() - starts.get(id)) / 1000);
    if (clock.textContent !== text) clock.textContent = text;
  }
}

// How long a link works. What says so disappears with the link.
function renderRemainingTimes() {
  for (const life of $$("time[data-left]")) {
    if (life.source !== life.dataset.left) {
      life.source = life.dataset.left;
      life.endsAt = performance.now() + Number(life.source) * 1000;
    }
    const seconds = (life.endsAt - performance.now()) / 1000;
    life.parentElement.hidden = seconds <= 0;
    if (life.textContent !== remainingText(seconds)) life.textContent = remainingText(seconds);
  }
}
