import assert from "node:assert/strict";
import test from "node:test";

import { readFilters, withParameters } from "../../assets/js/address_state.js";
import { splitTags } from "../../assets/js/annotations.js";
import { clipSearch, describeFilter } from "../../assets/js/gallery_filters.js";
import { idsBetween } from "../../assets/js/gallery_grid.js";
import { idsOfAddress } from "../../assets/js/selection.js";
import { describeImport } from "../../assets/js/transfer.js";

test("filters are the parameters of an address that are not the page's own", () => {
  const filters = readFilters("?gallery&open=1&image=2&endpoint=/v1/x&q=red+fox&tag=a&tag=b");
  assert.equal(filters.toString(), "q=red+fox&tag=a&tag=b");
});

test("a change of the address keeps the other parameters, and drops filters outside of the gallery", () => {
  assert.equal(withParameters("?image=2", { gallery: "" }), "?image=2&gallery");
  assert.equal(withParameters("?image=2&gallery&q=fox", { open: "7" }), "?gallery&image=2&open=7&q=fox");
  assert.equal(withParameters("?image=2&gallery&q=fox", {}, new URLSearchParams({ tag: "a b" })), "?gallery&image=2&tag=a+b");
  assert.equal(withParameters("?image=2&gallery&q=fox", { gallery: null }), "?image=2");
  assert.equal(withParameters("?gallery", { compare: "1,2" }), "?gallery&compare=1,2");
  assert.equal(withParameters("?gallery", { gallery: null }), "");
});

test("a filter is described by its field and value", () => {
  assert.equal(describeFilter("min.finetune_strength", "0.5", "Strength"), "Strength from 0.5");
  assert.equal(describeFilter("is.raw", "true", "Raw"), "Raw: on");
  assert.equal(describeFilter("is.a.b", "1"), "a.b: 1");
  assert.equal(describeFilter("star", "1"), "Starred");
  assert.equal(describeFilter("tag", "🎨 art"), "Tag: 🎨 art");
});

test("a range has all images between its ends, in both directions", () => {
  assert.deepEqual(idsBetween(["a", "b", "c", "d"], "b", "d"), ["b", "c", "d"]);
  assert.deepEqual(idsBetween(["a", "b", "c", "d"], "d", "b"), ["b", "c", "d"]);
  assert.deepEqual(idsBetween(["a", "b"], "gone", "b"), ["b"]);
});

test("tags lose blanks, doubles and empty ones", () => {
  assert.deepEqual(splitTags(" final, 🎨,, final ,two words"), ["final", "🎨", "two words"]);
  assert.deepEqual(splitTags(" , "), []);
});

test("an import is described with what is not zero", () => {
  assert.equal(describeImport({ added: 1, known: 0, rejected: [] }), "1 image added.");
  assert.equal(describeImport({ added: 3, known: 2, rejected: [["a", "b"]] }), "3 images added, 2 already here, 1 rejected.");
});

test("an address has a part of many selected images, the browser's history all", () => {
  const ids = Array.from({ length: 60 }, (_, number) => number.toString(16).padStart(32, "0"));
  const text = ids.slice(0, 50).join(",");
  assert.deepEqual(idsOfAddress(text, { selected: ids }), ids);
  assert.deepEqual(idsOfAddress(text, { selected: ids.slice(1) }), ids.slice(0, 50));
  assert.deepEqual(idsOfAddress(`${ids[0]},${ids[0]},x`, null), [ids[0]]);
  assert.deepEqual(idsOfAddress(null, { selected: ids }), []);
});

test("a search text is cut without dividing a character", () => {
  assert.equal(clipSearch(" red fox "), "red fox");
  assert.equal(clipSearch("🎨".repeat(500)), "🎨".repeat(400));
});
