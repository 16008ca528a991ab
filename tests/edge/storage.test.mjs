// What storage.js does with values and rows, against a cursor that says what it was asked; that the Rust
// beside it reads them is proven by every other test here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { exec } from "../../actors/src/kernel/host/storage.js";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads what comes back, as storage.rs does. */
function read(bytes, metered) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const sized = () => {
    const length = view.getUint32(at, true);
    at += 4 + length;
    return bytes.slice(at - length, at);
  };
  const value = () => {
    switch (bytes[at++]) {
      case 1:
        at += 8;
        return view.getFloat64(at - 8, true);
      case 2:
        return utf8.decode(sized());
      case 3:
        return sized();
      default:
        return null;
    }
  };
  const counts = metered ? [value(), value()] : [];
  const columns = view.getUint32(at, true);
  at += 4;
  const rows = [];
  while (at < bytes.length) rows.push(Array.from({ length: columns }, value));
  return { counts, rows };
}

/** Runs `statement` over `rows`, and gives what SQLite was asked and what came back. */
function ask(statement, values, rows, metered = false) {
  const asked = [];
  const sql = {
    exec(...args) {
      asked.push(...args);
      return { rowsRead: 7, rowsWritten: 2 ** 40, raw: () => ({ toArray: () => rows }) };
    },
  };
  const pairs = [statement.length];
  let text = statement;
  const blobs = [];
  for (const value of values) {
    if (value === null) pairs.push(0, 0);
    else if (typeof value === "number") pairs.push(1, value);
    else if (typeof value === "string") (pairs.push(2, value.length), (text += value));
    else (pairs.push(3, value.length), blobs.push(...value));
  }
  const bytes = exec(sql, text, Float64Array.from(pairs), Uint8Array.from(blobs), metered);
  return { asked, ...read(bytes, metered) };
}

const TEXTS = ["", "a", "é", "\u0000", "x".repeat(48), "x".repeat(49), `${"x".repeat(47)}é`, "𝄞".repeat(24), "€".repeat(5_000), "'; drop table t; --", "\ufeffx"];

test("values are bound as they were given", () => {
  const values = [null, 0, -0.5, 2 ** 53, ...TEXTS, Uint8Array.of(), Uint8Array.of(0, 255), 1e308, null, Uint8Array.of(7)];
  const { asked } = ask("insert into t values (…)", values, []);
  assert.deepEqual(asked, ["insert into t values (…)", ...values]);
});

test("rows come back as they are, however long", () => {
  const blob = Uint8Array.from({ length: 70_000 }, (_, n) => n % 256);
  const row = [null, 0, -1, 0.25, 2 ** 53, ...TEXTS, blob.buffer, new ArrayBuffer(0)];
  const { rows } = ask("select", [], Array.from({ length: 40 }, () => row));
  assert.equal(rows.length, 40);
  for (const given of rows) assert.deepEqual(given, [...row.slice(0, -2), blob, new Uint8Array()]);
});

test("no row is no row, one is one, and the counts come first", () => {
  assert.deepEqual(ask("select", [], []).rows, []);
  assert.deepEqual(ask("select", [], [[null]]).rows, [[null]]);
  assert.deepEqual(ask("select", [], [["x"]], true), { asked: ["select"], counts: [7, 2 ** 40], rows: [["x"]] });
});

test("after a result of megabytes the next is as small as ever", () => {
  const much = "y".repeat(3 << 20);
  assert.deepEqual(ask("select", [], [[much]]).rows, [[much]]);
  assert.ok(exec({ exec: () => ({ raw: () => ({ toArray: () => [[1]] }) }) }, "s", Float64Array.of(1), new Uint8Array(), false).buffer.byteLength < 10_000);
});

test("what SQLite refuses is thrown, and the next statement runs", () => {
  const sql = { exec: () => assert.fail("no such table: t") };
  assert.throws(() => exec(sql, "select", Float64Array.of(6), new Uint8Array(), false), /no such table/);
  assert.deepEqual(ask("select", [], [[1]]).rows, [[1]]);
});
