import assert from "node:assert/strict";
import { test } from "node:test";
import { isRecipe, isSettings } from "../../assets/js/import.js";

test("a recipe and a link with settings are recipes", () => {
  assert.ok(isRecipe('{"flux_playground_recipe": 1}'));
  assert.ok(isRecipe(" http://127.0.0.1:7860/?seed=1&recipe=1\n"));
});

test("code and settings of other programs are settings, not recipes", () => {
  for (const text of [
    "curl https://api.bfl.ai/v1/flux",
    '{"prompt": "a lighthouse"}',
    "a lighthouse\nNegative prompt: fog\nSteps: 20, Seed: 1",
    "https://example.com/image.png",
  ]) {
    assert.ok(isSettings(text), text);
    assert.ok(!isRecipe(text), text);
  }
});

test("a prompt is neither", () => {
  for (const text of ["a lighthouse in fog", "my recipe=1 is good", "Steps to the sea, 20 of them"]) {
    assert.ok(!isSettings(text), text);
  }
});
