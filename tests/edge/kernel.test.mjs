// What the kernel, the host and actor.js promise, on real workerd with an actor that fails when told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "../harness/until.mjs";
import { folder, toyWorker } from "../harness/worker.mjs";

const ask = async (worker, path) => {
  const started = Date.now();
  const answer = await fetch(worker.url + path, { method: "POST", signal: AbortSignal.timeout(20_000) });
  return { status: answer.status, text: await answer.text(), ms: Date.now() - started };
};
const count = async (worker, object) => Number((await ask(worker, `/${object}/count`)).text);

test("a failing actor", { timeout: 120_000 }, async (t) => {
  const worker = await toyWorker(t);

  await t.test("a refused command leaves nothing behind", async () => {
    assert.equal((await ask(worker, "/refused/add")).text, "1");
    assert.equal((await ask(worker, "/refused/reject")).status, 409);
    assert.equal(await count(worker, "refused"), 1);
  });

  await t.test("values survive the trip to SQLite and back", async () => {
    assert.equal((await ask(worker, "/values/echo")).text, "true");
  });

  await t.test("an error of SQLite is an error, not a trap", async () => {
    const answer = await ask(worker, "/sql/badSql");
    assert.equal(answer.status, 500);
    assert.match(answer.text, /no such/);
    assert.equal(await count(worker, "sql"), 0);
  });

  for (const failure of ["panic", "overflow"]) {
    await t.test(`${failure}: the caller hears within a second, nothing stays, the next call works`, async () => {
      for (const object of ["hurt", "other"]) assert.equal((await ask(worker, `/${object}${failure}/add`)).text, "1");
      const answer = await ask(worker, `/hurt${failure}/${failure}`);
      assert.equal(answer.status, 500);
      assert.ok(answer.ms < 1000, `it took ${answer.ms} ms`);
      assert.equal((await ask(worker, `/hurt${failure}/add`)).text, "2");
      assert.equal((await ask(worker, `/other${failure}/add`)).text, "2");
    });
  }

  await t.test("callers of other objects get an answer while one object panics", async () => {
    const calls = Array.from({ length: 40 }, (_, n) => ask(worker, n % 10 === 5 ? "/mixed5/panic" : `/mixed${n % 10}/add`));
    const answers = await Promise.all(calls);
    for (const { ms } of answers) assert.ok(ms < 5_000, `an answer took ${ms} ms`);
    for (let n = 0; n < 10; n += 1) {
      // An answer of 200 was committed; one of 500 may have been.
      const acknowledged = answers.filter((a, i) => i % 10 === n && a.status === 200).length;
      assert.ok((await count(worker, `mixed${n}`)) >= acknowledged);
    }
    assert.equal(await count(worker, "mixed5"), 0);
  });

  await t.test("a panic in the gateway is a 500 at once", async () => {
    const answer = await ask(worker, "/panic");
    assert.equal(answer.status, 500);
    assert.ok(answer.ms < 1000, `it took ${answer.ms} ms`);
    assert.equal((await ask(worker, "/after/add")).text, "1");
  });

  await t.test("a timer that panics does not keep the next from its turn", async () => {
    assert.equal((await ask(worker, "/timers/panicLater")).text, "1");
    await until(async () => (await count(worker, "timers")) === 2, "the next timer");
  });
});

test("an object that forgets is as if it had never been, in the same life and in the next", { timeout: 60_000 }, async (t) => {
  const persistTo = folder(t);
  const first = await toyWorker(t, { persistTo });
  // Calls that come all the while find its tables: those of before, or new ones.
  for (const round of [1, 2]) {
    assert.equal((await ask(first, "/gone/forget")).text, "1", `round ${round}`);
    await until(async () => {
      const { status, text } = await ask(first, "/gone/count");
      assert.equal(status, 200, text);
      return text === "0";
    }, "everything to be forgotten");
  }
  assert.equal((await ask(first, "/gone/add")).text, "1");
  assert.equal((await ask(first, "/other/forget")).text, "1");
  await until(async () => (await count(first, "other")) === 0, "the other to be forgotten");
  await first.kill9();
  const second = await toyWorker(t, { persistTo });
  assert.deepEqual([await count(second, "gone"), await count(second, "other")], [1, 0]);
  assert.equal((await ask(second, "/other/forget")).text, "1");
  await until(async () => (await count(second, "other")) === 0, "the alarm of the new one");
});

test("an alarm set before the runtime was killed goes off after it", { timeout: 60_000 }, async (t) => {
  const persistTo = folder(t);
  const first = await toyWorker(t, { persistTo });
  assert.equal((await ask(first, "/slept/later")).text, "1");
  await first.kill9();
  const second = await toyWorker(t, { persistTo });
  await until(async () => (await count(second, "slept")) === 2, "the alarm");
  await wait(1500);
  assert.equal(await count(second, "slept"), 2);
});
