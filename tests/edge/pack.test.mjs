// What the build does to the compiled module: fewer functions, in another order, that do the same.
//
// The modules here are written by hand. That the Worker's own is right is what every other test says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { packed } from "../../gateway/dev/pack.mjs";
import { Module } from "../../gateway/dev/wasm.mjs";

const I32 = 0x7f;
const END = 0x0b;
const SHAPES = [
  [0x60, 0, 1, I32], // type 0: nothing, to a number
  [0x60, 1, I32, 1, I32], // type 1: a number to a number
];
const number = (n) => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...number(n >> 7)]);
const text = (s) => [...number(s.length), ...Buffer.from(s)];
const section = (id, items) => {
  const body = [...number(items.length), ...items.flat()];
  return [id, ...number(body.length), ...body];
};
const nameSection = () => {
  const body = [...text("name"), 1, 4, 1, 0, ...text("f")];
  return [0, ...number(body.length), ...body];
};
const get = (n) => [0x20, n];
const constant = (n) => [0x41, n];
const call = (n) => [0x10, n];
const callOfTable = [0x11, 0, 0]; // of type 0, in table 0
const fill = [0xfc, 11, 0]; // memory.fill

/** A module whose functions, all exported by their letters, follow the imported `double`, which is 0. */
function module(functions, table = []) {
  const bodies = functions.map(({ code }) => [0, ...code.flat(), END]);
  return Buffer.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, SHAPES),
    ...section(2, [[...text("host"), ...text("double"), 0, 1]]),
    ...section(3, functions.map(({ type = 0 }) => [type])),
    ...section(4, [[0x70, 0, table.length]]),
    ...section(5, [[0, 1]]),
    ...section(7, functions.map((_, at) => [...text(letter(at)), 0, ...number(at + 1)])),
    ...section(9, [[0, ...constant(0), END, ...number(table.length), ...table]]),
    ...section(10, bodies.map((body) => [...number(body.length), ...body])),
    ...nameSection(),
  ]);
}
const letter = (at) => String.fromCharCode(97 + at);

const run = (bytes) =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { double: (n) => 2 * n } }).exports;
/** The number that each exported function has in the module, which is also its order. */
const numbers = (exports) => Object.fromEntries(Object.entries(exports).map(([name, f]) => [name, Number(f.name)]));

const a = { code: [constant(21), call(0)] };
const b = a;
const c = { code: [call(1), constant(1), 0x6a] }; // calls a, adds 1
const d = { code: [call(2), constant(1), 0x6a] }; // the same of b
const e = { type: 1, code: [get(0), callOfTable] };
const f = { code: [0x02, I32, constant(7), ...[0x0c, 0], END] }; // a block, left by a branch
const g = { type: 1, code: [constant(0), constant(9), get(0), fill, constant(0), 0x2d, 0, 0] };
const h = { type: 1, code: [0x43, 0, 0, 0, 0x10, 0x1a, get(0), get(0), 0x0e, 0, 0] }; // a float; a br_table

test("a packed module does what it did, with one of equal functions and without names", () => {
  const before = module([a, b, c, d, e, f, g, h], [6, 2, 4, 3]);
  const after = packed(before);
  const [was, is] = [run(before), run(after)];
  assert.deepEqual(Object.keys(is), Object.keys(was));
  for (const letter of ["a", "b", "c", "d", "f"]) assert.equal(is[letter](), was[letter](), letter);
  for (const index of [0, 1, 2, 3]) assert.equal(is.e(index), was.e(index), `entry ${index} of the table`);
  assert.deepEqual([is.d(), is.e(0), is.g(1), is.g(0), is.h(5)], [43, 7, 9, 9, 5]);
  const place = numbers(is);
  assert.equal(place.a, place.b);
  assert.equal(place.c, place.d, "those that call equal functions are equal too");
  assert.equal(new Module(after).bodies.length, 6);
  assert.equal(WebAssembly.Module.customSections(new WebAssembly.Module(before), "name").length, 1);
  assert.equal(WebAssembly.Module.customSections(new WebAssembly.Module(after), "name").length, 0);
});

test("functions that do the same to other types are not equal", () => {
  const takesNothing = { code: [constant(1)] };
  const takesOne = { type: 1, code: [constant(1)] };
  const is = run(packed(module([takesNothing, takesOne])));
  assert.deepEqual([is.a.length, is.b.length], [0, 1]);
});

test("functions that look alike come to lie together, and gzip sees it", () => {
  // Two kinds of long functions in turn, longer in all than what gzip looks back on.
  let seed = 1;
  const noise = () => (seed = (seed * 48_271) % 2_147_483_647) % 64;
  const long = () => Array.from({ length: 3_000 }, () => [...constant(noise()), 0x1a]);
  const kinds = [long(), long(), long(), long(), long()];
  const functions = Array.from({ length: 20 }, (_, at) => ({ code: [...kinds[at % 5], constant(at)] }));
  const before = module(functions);
  const after = packed(before);
  const place = numbers(run(after));
  for (const kind of [0, 1, 2, 3, 4]) {
    const places = functions.flatMap((_, at) => (at % 5 === kind ? place[letter(at)] : []));
    assert.equal(Math.max(...places) - Math.min(...places), 3, `kind ${kind} is at ${places}`);
  }
  functions.forEach((_, at) => assert.equal(run(after)[letter(at)](), at));
  const size = (bytes) => gzipSync(bytes, { level: 9 }).length;
  assert.ok(size(after) < size(before) / 2, `${size(after)} of ${size(before)}`);
  assert.deepEqual(packed(before), after, "it is the same every time");
});

test("an instruction that is not known is refused, not guessed", () => {
  assert.throws(() => packed(module([{ code: [[0xfd, 12]] }])), /unknown instruction, 0xfd/);
  assert.throws(() => packed(module([{ code: [[0xfc, 200]] }])), /unknown instruction, 0xfc/);
  assert.throws(() => packed(module([{ code: [[0x44]] }])), /ends within an instruction/);
});
