import assert from "node:assert/strict";
import test from "node:test";

import { formatCredits, totalPrice } from "../../assets/js/count.js";
import { baseModelMessage, chooseFitting } from "../../assets/js/finetune_fit.js";
import { filterFinetunes, isUnknown } from "../../assets/js/finetune_list.js";
import { nextZoom } from "../../assets/js/zoom_view.js";
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

test("an id outside of the account's list is noted, unless there is no list", () => {
  assert.equal(isUnknown("my-finetun", FINETUNES), true);
  assert.equal(isUnknown(" ink-city ", FINETUNES), false);
  assert.equal(isUnknown("", FINETUNES), false);
  assert.equal(isUnknown("anything", []), false);
});

test("a finetune of another base model is reported, an unknown one is not", () => {
  const known = [{ path: "/v1/old", base: undefined }, { path: "/v1/small", base: "small" }, { path: "/v1/large", base: "large" }];
  const [one, two, three] = [{ id: "acme/one", base: "small" }, { id: "two", base: "" }, { id: "three", base: "FLUX.1" }];
  const message = "was trained for small. Its endpoint is /v1/small.";
  assert.equal(baseModelMessage(one, "/v1/large", known), message);
  assert.equal(baseModelMessage(one, "/v1/old", known), message);
  assert.equal(baseModelMessage(one, "/v1/small", known), "");
  assert.equal(baseModelMessage(three, "/v1/large", known), "was trained for FLUX.1. This endpoint needs large.");
  assert.equal(baseModelMessage(three, "/v1/old", known), "");
  for (const unknown of [two, undefined]) assert.equal(baseModelMessage(unknown, "/v1/large", known), "");
  assert.equal(chooseFitting([three, two, one], "/v1/small", known), one);
  assert.equal(chooseFitting([three, two, one], "/v1/large", known), two);
  assert.equal(chooseFitting([one, three, two], "/v1/old", known), three);
  assert.equal(chooseFitting([three], "/v1/large", known), undefined);
});

test("the price of several images is their number times the price of one", () => {
  const listed = { text: "7 credits ($0.07), list price · 93 left afterwards", credits: "7", label: "list price" };
  assert.equal(totalPrice(listed, 1), listed.text);
  assert.equal(totalPrice(listed, 4), "4 images · 28 credits ($0.28), list price");
  const sized = { text: "≈ 1.7 credits ($0.017), estimated", credits: "1.7000000000000002", label: "estimated" };
  assert.equal(totalPrice(sized, 2), "2 images · ≈ 3.4 credits ($0.034), estimated");
  const free = { text: "Free (demo)", credits: "", label: "" };
  assert.equal(totalPrice(free, 4, "77"), "4 images · seeds 77–80 · Free (demo)");
  assert.equal(totalPrice(free, 2, "abc"), "2 images · Free (demo)");
  assert.equal(totalPrice({ ...free, text: "Price unknown" }, 2), "2 images · Price unknown");
});

test("an amount is in credits and dollars", () => {
  assert.equal(formatCredits(7.000000000000001), "7 credits ($0.07)");
  assert.equal(formatCredits(1), "1 credit ($0.01)");
  assert.equal(formatCredits(1.45), "1.45 credits ($0.0145)");
  assert.equal(formatCredits(123456), "123,456 credits ($1,234.56)");
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
