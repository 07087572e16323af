import assert from "node:assert/strict";
import { test } from "node:test";
import { createRepeatCheck, REPEAT_MILLISECONDS } from "../../assets/js/repeat.js";

test("the same press within the interval is a repeat", () => {
  let time = 1000;
  const check = createRepeatCheck(() => time);
  assert.equal(check.isRepeat("generate", { seed: "1" }), false);
  time += REPEAT_MILLISECONDS - 1;
  assert.equal(check.isRepeat("generate", { seed: "1" }), true);
});

test("the same press after the interval is another press", () => {
  let time = 1000;
  const check = createRepeatCheck(() => time);
  check.isRepeat("generate", {});
  time += REPEAT_MILLISECONDS;
  assert.equal(check.isRepeat("generate", {}), false);
});

test("a press with another form is another press", () => {
  const check = createRepeatCheck(() => 0);
  check.isRepeat("generate", { seed: "1" });
  assert.equal(check.isRepeat("generate", { seed: "2" }), false);
});

test("after another action the same press is meant again", () => {
  const check = createRepeatCheck(() => 0);
  check.isRepeat("vary", { id: "a" });
  check.forget();
  assert.equal(check.isRepeat("vary", { id: "a" }), false);
});
