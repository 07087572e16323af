import assert from "node:assert/strict";
import { test } from "node:test";
import { boundMessage } from "../../assets/js/number_bounds.js";
import { keepLockedSeed, lockMessage } from "../../assets/js/seed_lock.js";
import { swapShape } from "../../assets/js/shape.js";
import { addTriggerWord, findTriggerWord } from "../../assets/js/trigger_word.js";

test("a ratio is swapped, with or without spaces", () => {
  assert.equal(swapShape("16:9"), "9:16");
  assert.equal(swapShape(" 4 : 3 "), "3:4");
});

test("a text that is not a ratio is not swapped", () => {
  assert.equal(swapShape(""), null);
  assert.equal(swapShape("16x9"), null);
  assert.equal(swapShape("1:2:3"), null);
});

test("a number beyond its bounds has a message with the bound and the typed number", () => {
  assert.equal(boundMessage("5", 0, 2), "Set to 2 (maximum). You typed 5.");
  assert.equal(boundMessage("-1", 0, 2), "Set to 0 (minimum). You typed -1.");
  assert.match(boundMessage("", 0, 2), /default/);
});

test("a number within its bounds has no message", () => {
  assert.equal(boundMessage("0", 0, 2), "");
  assert.equal(boundMessage("2", 0, 2), "");
  assert.equal(boundMessage("1.25", 0, 2), "");
});

const options = [
  { value: "my-finetune", dataset: { trigger: "TOK" } },
  { value: "plain", dataset: {} },
];

test("a finetune has its trigger word, whatever space is around its id", () => {
  assert.equal(findTriggerWord(" my-finetune\n", options), "TOK");
  assert.equal(findTriggerWord("plain", options), "");
  assert.equal(findTriggerWord("unknown", options), "");
});

test("a trigger word is added once", () => {
  assert.equal(addTriggerWord("a lighthouse", "TOK"), "TOK a lighthouse");
  assert.equal(addTriggerWord("a TOK lighthouse", "TOK"), "a TOK lighthouse");
  assert.equal(addTriggerWord("", "TOK"), "TOK");
  assert.equal(addTriggerWord("a lighthouse", ""), "a lighthouse");
});

test("a locked seed stops actions that only change the seed", () => {
  assert.equal(keepLockedSeed("dice", {}), null);
  assert.equal(keepLockedSeed("recall", { id: "a", what: "seed" }), null);
});

test("a locked seed is left out of all settings; other actions are unchanged", () => {
  assert.deepEqual(keepLockedSeed("recall", { id: "a", what: "all" }), { id: "a", what: "but-seed" });
  assert.deepEqual(keepLockedSeed("recall", { id: "a", what: "prompt" }), { id: "a", what: "prompt" });
  assert.deepEqual(keepLockedSeed("example", { values: '{"prompt":"a","seed":42}' }), { values: '{"prompt":"a"}' });
});

test("the lock names the locked seed", () => {
  assert.equal(lockMessage(true, "42"), "Seed 42 locked. Reuse and Random keep it.");
  assert.equal(lockMessage(false, "42"), "Seed unlocked.");
  assert.equal(lockMessage(false, ""), "There is no seed to lock.");
});
