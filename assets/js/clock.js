// One clock for everything that depends on time, and the elapsed time of generations.
import { $$ } from "./dom.js";
import { onChange } from "./rendering.js";

const TICK_MILLISECONDS = 250;
const tasks = [];
const starts = new Map(); // id of a generation → when it started; an update that arrives late never moves it forward

export const onTick = (task) => tasks.push(task);

export function startClock() {
  onTick(renderElapsedTimes);
  onChange(renderElapsedTimes);
  setInterval(() => {
    for (const task of tasks) task();
  }, TICK_MILLISECONDS);
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
