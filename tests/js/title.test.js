import assert from "node:assert/strict";
import { test } from "node:test";
import { elapsedText, remainingText } from "../../assets/js/clock.js";
import { PAGE_NAME, titleText } from "../../assets/js/title.js";

test("without an image the title is the name of the page", () => {
  assert.equal(titleText("", "", 0), PAGE_NAME);
});

test("the title has state and elapsed time", () => {
  assert.equal(titleText("Generating", "4 s", 1), `Generating 4 s – ${PAGE_NAME}`);
  assert.equal(titleText("Ready", "", 0), `Ready – ${PAGE_NAME}`);
});

test("the title counts running generations from two", () => {
  assert.equal(titleText("Generating", "4 s", 3), `(3) Generating 4 s – ${PAGE_NAME}`);
});

test("elapsed time is rounded down, and has minutes from 100 seconds", () => {
  assert.equal(elapsedText(0.99), "0 s");
  assert.equal(elapsedText(99.9), "99 s");
  assert.equal(elapsedText(100), "1 min 40 s");
});

test("remaining time is in whole minutes", () => {
  assert.equal(remainingText(599), "about 10 minutes");
  assert.equal(remainingText(61), "about 1 minute");
  assert.equal(remainingText(29), "less than a minute");
});
