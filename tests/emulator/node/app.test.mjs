// The app's tests, which know nothing of who answers: `node --test app.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { answer, refusal } from "./app.mjs";

test("an order is looked up", async () => {
  assert.match(await answer("Find my order 1234, please."), /Order 1234 is on its way/);
});

test("a refusal is told", async () => {
  assert.equal(await refusal(), "400 unsupported_parameter");
});
