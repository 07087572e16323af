import assert from "node:assert/strict";
import { test } from "node:test";
import { localStore } from "../../assets/js/storage.js";

test("a browser without storage keeps nothing and throws nothing", () => {
  globalThis.window = {
    get localStorage() {
      throw new Error("blocked");
    },
  };
  localStore.set("name", "text");
  assert.equal(localStore.get("name"), null);
  assert.deepEqual(localStore.names(), []);
});
