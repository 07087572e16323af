import assert from "node:assert/strict";
import { test } from "node:test";
import { createHistorySync } from "../../assets/js/other_tabs.js";

function openTab(history) {
  const posted = [];
  const tab = { posted, requests: 0 };
  const sync = createHistorySync((text) => posted.push(text), () => (tab.requests += 1));
  sync.compare(history, 0);
  return Object.assign(tab, sync);
}

test("a tab posts its own changes, and not its first history", () => {
  const tab = openTab("a");
  tab.compare("a", 100);
  assert.deepEqual(tab.posted, []);
  tab.compare("b a", 200);
  assert.deepEqual(tab.posted, ["b a"]);
});

test("a history of another tab is requested once and not posted back", () => {
  const tab = openTab("a");
  tab.receive("b a", "a", 1000);
  tab.compare("b a", 1100);
  tab.compare("b a", 20_000);
  assert.equal(tab.requests, 1);
  assert.deepEqual(tab.posted, []);
});

test("a history that does not appear is requested again, three times at most", () => {
  const tab = openTab("a");
  tab.receive("b a", "a", 1000);
  for (let now = 1100; now < 60_000; now += 100) tab.compare("a", now);
  assert.equal(tab.requests, 3);
  assert.deepEqual(tab.posted, []);
});

test("an own change right after another tab's is posted later", () => {
  const tab = openTab("a");
  tab.receive("b a", "a", 1000);
  tab.compare("b a", 1100);
  tab.compare("c b a", 1200);
  assert.deepEqual(tab.posted, []);
  tab.compare("c b a", 3100);
  assert.deepEqual(tab.posted, ["c b a"]);
});
