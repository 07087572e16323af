import assert from "node:assert/strict";
import test from "node:test";

import { totalPrice } from "../../assets/js/count.js";
import { filterFinetunes } from "../../assets/js/finetune_list.js";
import { nextZoom } from "../../assets/js/lightbox.js";
import { nextTheme } from "../../assets/js/theme.js";

const FINETUNES = [
  { id: "my-finetune", label: "The style of the example · trigger word TOK" },
  { id: "ink-city", label: "Broad strokes of ink" },
];

test("the list contains the finetunes whose id or label has the typed text", () => {
  assert.deepEqual(filterFinetunes(FINETUNES, "INK "), [FINETUNES[1]]);
  assert.deepEqual(filterFinetunes(FINETUNES, "tok"), [FINETUNES[0]]);
  assert.deepEqual(filterFinetunes(FINETUNES, "other"), []);
});

test("the list is complete for no text and for an id of the list", () => {
  assert.deepEqual(filterFinetunes(FINETUNES, ""), FINETUNES);
  assert.deepEqual(filterFinetunes(FINETUNES, "ink-city"), FINETUNES);
});

test("the price of several images is their number times the price of one", () => {
  assert.equal(totalPrice("≈ 7 credits · 93 left afterwards", "7", 1), "≈ 7 credits · 93 left afterwards");
  assert.equal(totalPrice("≈ 7 credits · 93 left afterwards", "7", 4), "4 images · ≈ 28 credits");
  assert.equal(totalPrice("≈ 0.3 credits", "0.3", 2), "2 images · ≈ 0.6 credits");
  assert.equal(totalPrice("Free (demo)", "", 4, "77"), "4 images · seeds 77–80 · Free (demo)");
  assert.equal(totalPrice("Free (demo)", "", 2, "abc"), "2 images · Free (demo)");
  assert.equal(totalPrice("Cost unknown", "", 2), "2 images · Cost unknown");
});

test("the theme changes to one that looks different", () => {
  assert.equal(nextTheme("system", true), "light");
  assert.equal(nextTheme("system", false), "dark");
  assert.equal(nextTheme("light", true), "dark");
  assert.equal(nextTheme("dark", false), "light");
});

test("the zoom stays within its bounds", () => {
  assert.equal(nextZoom(1, 100), 1);
  assert.equal(nextZoom(1, -100), 1.2);
  assert.equal(nextZoom(7.9, -100), 8);
});
