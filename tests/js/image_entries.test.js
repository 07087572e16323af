import assert from "node:assert/strict";
import { test } from "node:test";

import { addressFault, moveItem, readEntries } from "../../assets/js/image_entries.js";

test("an item takes the place of another one", () => {
  assert.deepEqual(moveItem(["a", "b", "c"], 2, 0), ["c", "a", "b"]);
  assert.deepEqual(moveItem(["a", "b", "c"], 0, 1), ["b", "a", "c"]);
});

test("an address is an https URL", () => {
  assert.equal(addressFault("https://example.org/a.png"), "");
  for (const text of ["", "a.png", "http://example.org/a.png", "https://", "javascript:alert(1)", "https://a b"]) {
    assert.notEqual(addressFault(text), "");
  }
});

test("a content that is no list has no images", () => {
  assert.deepEqual(readEntries({ value: '[{"address":"https://a.example"}]' }), [{ address: "https://a.example" }]);
  for (const value of ["", "{}", "[", "QUJD"]) assert.deepEqual(readEntries({ value }), []);
});
