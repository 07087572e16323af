// One clock for everything that depends on time, and the elapsed time of generations.
import { $$ } from "./dom.js";

const TICK_MILLISECONDS = 250;
const tasks = [];

export const onTick = (task) => tasks.push(task);

export function startClock() {
  onTick(renderElapsedTimes);
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
    const source = `${clock.dataset.of} ${clock.dataset.elapsed}`;
    if (clock.source !== source) {
      clock.source = source; // Gradio may reuse the element for another generation
      clock.startedAt = performance.now() - Number(clock.dataset.elapsed) * 1000;
    }
    const text = elapsedText((performance.now() - clock.startedAt) / 1000);
    if (clock.textContent !== text) clock.textContent = text;
  }
}
