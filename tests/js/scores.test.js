import assert from "node:assert/strict";
import test from "node:test";

import { meansOf, orderByMean } from "../../assets/js/sheet_scores.js";

test("the mean of a column without scores is null", () => {
  assert.deepEqual(meansOf([[1, 3], [], [0]]), [2, null, 0]);
});

test("columns are ordered by their means, those without one last, equal ones as before", () => {
  assert.deepEqual(orderByMean([1, null, 3, 1]), [2, 0, 3, 1]);
});
