// npm run cost: what things cost, counted on real workerd.
//
// It starts the Worker behind a meter (tests/harness/cost-entry.js), does each thing some times after a
// first time that warms up, waits until nothing moves any more, and prints what one time took: Durable
// Object requests (RPC calls, upgrades, alarms; WebSocket messages apart, they are billed at a twentieth),
// rows of Durable Object storage read and written, D1 statements, crossings between JavaScript and wasm.
// Then the same for every operation of the API's document, fsyncs per acknowledged comment, an idle
// hour, the size of the Worker as it is uploaded, and the bill of a team's month.
//
// It exits 1 where a budget of tests/harness/budget.mjs is broken.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "../gateway/dev/build.mjs";
import { nodeBin, ROOT, run } from "../gateway/dev/tools.mjs";
import { BUDGET, WORKER_GZIP_MAX } from "./harness/budget.mjs";
import { workerGzip } from "./harness/size.mjs";
import { billOf, postroom, PRICES, TEAM, typescript } from "./harness/cost/bill.mjs";
import { fsyncsOf, missing } from "./harness/cost/fsyncs.mjs";
import { meter, total } from "./harness/cost/meter.mjs";
import { burst, perDelivery, things, TIMES } from "./harness/cost/things.mjs";
import { ask, inOrder, workspace } from "./harness/operations.mjs";
import { dial } from "./harness/socket.mjs";
import { startWorkerd } from "./harness/workerd.mjs";

const IDLE_MS = Number(process.env.IDLE_MS ?? 70_000);
const ENTRY = join(ROOT, "tests", "harness", "cost-entry.js");
/** How long nothing moves before an operation counts as over: it was done once, and much waits for alarms. */
const STILL_MS = 420;

const figure = (value) => (Number.isInteger(value ?? 0) ? String(value ?? 0) : value.toFixed(2));

const HEAD = ["", "DO requests", "calls", "joins", "alarms", "ws messages", "rows read", "written, answered", "written, in all", "D1 statements", "crossings"];

const line = (name, { answered, inAll: m }) => [
  name, m.requests, m.calls, m.joins, m.alarms, m.messages, m.rowsRead, answered.rowsWritten, m.rowsWritten, m.d1, answered.crossings,
];

function print(table) {
  const cells = table.map((row) => row.map((cell) => (typeof cell === "string" ? cell : figure(cell))));
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  for (const row of cells) {
    console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "));
  }
}

/** The price of every operation of the document, asked once with the least that it takes. */
async function everyOperation(url, gauge) {
  const { agents, of } = await workspace(url, "Priced");
  const measured = [];
  for (const operation of inOrder) {
    const token = /^logout/.test(operation.operationId) ? agents.viewer.token : agents.owner.token;
    const one = await gauge.measure(() => ask(url, operation, of(operation), token), { stillMs: STILL_MS });
    measured.push([`${one.given.status} ${operation.operationId}`, one]);
  }
  for (const name of ["realtime", "realtimeToo"]) {
    const join = async () => void (await (await dial(url, agents.owner, { bearer: true })).close());
    measured.push([`101 ${name}`, await gauge.measure(join, { stillMs: STILL_MS })]);
  }
  return measured;
}

/** fsyncs per acknowledged comment, by whose database it is. */
async function durable(worker, world, writers, each) {
  let acknowledged = 0;
  const { fsyncs, of } = await fsyncsOf(worker.pid, async () => (acknowledged = await burst(worker.url, world, writers, each)));
  const per = (count = 0) => (count / acknowledged).toFixed(3);
  const others = Object.entries(of).map(([name, count]) => `${name} ${per(count)}`).join(", ");
  console.log(`${writers} writers, ${acknowledged} comments: ${per(fsyncs)} fsyncs each (${others || "none"}).`);
  return { room: (of.WorkspaceRoom ?? 0) / acknowledged, all: fsyncs / acknowledged };
}

/** What happens while nobody does anything, from `IDLE_MS` of watching and from the alarms that are set. */
async function idle(url, { read, reset, quiet }) {
  await quiet();
  await reset();
  const began = Date.now();
  await wait(IDLE_MS);
  const counters = await read();
  const minutes = (Date.now() - began) / 60_000;
  const alarms = await (await fetch(`${url}/test/alarms`)).json();
  const within = alarms.filter(({ at }) => at !== null && at < Date.now() + 3_600_000);
  const fired = total(counters, "call") + total(counters, "fetch") + total(counters, "alarm");
  return { counters, minutes, fired, alarms, within };
}

async function size() {
  const outdir = mkdtempSync(join(tmpdir(), "postroom-size-"));
  const env = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" };
  const ran = await run("wrangler", nodeBin("wrangler"), ["deploy", "--dry-run", "--env", "production", "--outdir", outdir], { env });
  rmSync(outdir, { recursive: true, force: true });
  const found = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(ran.tail);
  if (ran.code !== 0 || !found) throw new Error(`wrangler deploy --dry-run failed (log: ${ran.log}):\n${ran.tail}`);
  return { whole: Math.round(Number(found[1]) * 1024), gzipped: await workerGzip() };
}

function printBills(measured) {
  const whole = { maximumFractionDigits: 0 };
  const dollars = (value) => `$${value.toFixed(2)}`;
  console.log(`\nThe month of a team of ${TEAM.agents}: ${TEAM.tickets} tickets, ${TEAM.mailsIn + TEAM.mailsOut} mails, ${TEAM.notes} comments without a mail, ${TEAM.changes} changes,`);
  console.log(`${TEAM.looks} looks at a ticket, ${TEAM.lists} lists (Cloudflare's prices of ${PRICES.date}: ${PRICES.sources.join(", ")}):\n`);
  const bills = [["Postroom, as measured", billOf(postroom(measured))], ["TypeScript, as assumed", billOf(typescript())]];
  for (const [name, bill] of bills) {
    console.log(`${name}: ${dollars(bill.list)} at list price; ${dollars(bill.total)} billed, with the ${dollars(PRICES.base)} of the plan.`);
    const used = bill.parts.map(({ name, amount, list }) => `${name} ${amount.toLocaleString("en", whole)} (${dollars(list)})`);
    console.log(`  ${used.join(", ")}`);
  }
  console.log("What is assumed for TypeScript stands in tests/harness/cost/bill.mjs.");
}

await build();
const persistTo = mkdtempSync(join(tmpdir(), "postroom-cost-"));
const worker = await startWorkerd({ persistTo, entry: ENTRY });
const wrong = [];
/** A figure that is none (nothing was counted) breaks its budget, too; `least` is what there must be of it. */
const limit = (what, value, most, least = 0) => {
  if (!(value >= least && value <= most)) wrong.push(`${what}: ${figure(value)}, ${least > 0 ? `at least ${least}, ` : ""}at most ${most}`);
};
let world;
try {
  const { url } = worker;
  const gauge = meter(url);
  world = await things(url);
  const measured = new Map();
  for (const [name, work, times = TIMES] of world.rows) {
    await work("warm");
    measured.set(name, await gauge.measure(work, { times }));
  }
  console.log(`\nWhat one of each takes, the mean of ${TIMES} one after the other (workerd, local):\n`);
  print([HEAD, ...[...measured].map(([name, m]) => line(name, m))]);

  const comment = measured.get("a public comment over HTTP");
  limit("Durable Object requests of a comment", comment.inAll.calls + comment.inAll.joins, BUDGET.comment.calls, BUDGET.comment.calls);
  limit("alarms beside a comment", comment.inAll.alarms, BUDGET.comment.alarms);
  // It comes with an idempotency key, as every careful client sends one.
  const rows = (most) => most + BUDGET.rowsOfKey;
  limit("rows written until a comment is answered", comment.answered.rowsWritten, rows(BUDGET.comment.rowsAnswered), 1);
  limit("rows written for a comment in all", comment.inAll.rowsWritten, rows(BUDGET.comment.rowsInAll), 1);
  const spoken = measured.get("a public comment over WebSocket").inAll;
  if (spoken.calls + spoken.joins !== 0 || spoken.messages !== 1) wrong.push("a comment over WebSocket takes a request");

  const heard = await perDelivery(url, gauge, world);
  console.log(`\nCrossings of a comment: ${figure(heard.few)}; with ${heard.sockets} further sockets ${figure(heard.many)}: ${figure(heard.each)} a delivery.`);
  limit("crossings of a delivery", heard.each, BUDGET.crossingsPerDelivery);
  if (!(heard.few > 0)) wrong.push("crossings were not counted");

  const why = missing();
  if (why) {
    console.log(`\n!! fsyncs were NOT counted: ${why}`);
  } else {
    console.log("");
    await durable(worker, world, 1, 100);
    const { room } = await durable(worker, world, 16, 50);
    limit("fsyncs of the room per acknowledged comment, 16 writers", room, BUDGET.fsyncsAt16, 0.001);
  }

  const operations = await everyOperation(url, gauge);
  console.log(`\nEvery operation, asked once with the least that it takes (status first):\n`);
  print([HEAD, ...operations.map(([name, m]) => line(name, m))]);
  const refused = operations.filter(([name]) => !/^[123]/.test(name)).length;
  console.log(`${operations.length} operations, of which ${refused} were refused: that has a price, too.`);

  const rest = await idle(url, gauge);
  const seconds = Math.round(rest.minutes * 60);
  console.log(`\nAn idle hour, one connection open: in ${seconds} s ${rest.fired} requests (${JSON.stringify(rest.counters)});`);
  console.log(`${rest.within.length} of ${rest.alarms.length} objects have an alarm within the hour, so ${rest.within.length} requests are to come.`);
  for (const { actor, at } of rest.within) console.log(`  ${actor} in ${Math.round((at - Date.now()) / 1000)} s`);

  const { whole, gzipped } = await size();
  console.log(`\nThe Worker: ${whole} bytes, ${gzipped} gzipped, of ${WORKER_GZIP_MAX} (${((gzipped / WORKER_GZIP_MAX) * 100).toFixed(1)} %).`);
  limit("bytes of the Worker, gzipped", gzipped, WORKER_GZIP_MAX);
  printBills(measured);
} finally {
  await world?.stop();
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
}
for (const what of wrong) console.error(`✖ ${what}`);
if (wrong.length === 0) console.log("✔ every budget is kept");
process.exitCode = wrong.length > 0 ? 1 : 0;
