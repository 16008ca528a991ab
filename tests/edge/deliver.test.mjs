// The real mail of the test data, delivered while fifty clients watch, as `npm run deliver` does it.

import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { deliver } from "../../examples/deliver.mjs";
import { folder } from "../harness/worker.mjs";

const DATA = resolve(ROOT, "..", "shared", "data", "mail");

test("every message becomes one ticket or comment or report, and fifty clients agree", { timeout: 180_000 }, async (t) => {
  const dir = existsSync(DATA) ? DATA : few(t);
  const messages = readdirSync(dir).filter((name) => name.endsWith(".eml")).length;
  const counts = await deliver(dir);
  t.diagnostic(JSON.stringify(counts));
  assert.equal(counts.messages, messages);
  assert.equal(counts.clients, 50);
  assert.equal(counts.refused, 0);
  assert.ok(counts.drops > 10, "connections were dropped meanwhile");
  assert.equal(counts.mails + counts.unparseable + counts.copies + counts.stopped, messages);
  if (dir !== DATA) assert.deepEqual([counts.tickets, counts.mails, counts.unparseable, counts.copies], [2, 3, 1, 1]);
});

/** A few messages of our own, where the test data is not there. */
function few(t) {
  console.error(`\n!!! ${DATA} is not there: delivering five messages of our own instead of real ones !!!\n`);
  const dir = folder(t);
  const head = "From: Ann <ann@customer.example>\r\nTo: support@acme.example\r\n";
  const first = `${head}Subject: One\r\nMessage-ID: <1@customer.example>\r\n\r\nFirst.\r\n`;
  const mails = [
    first,
    `${head}Subject: Two\r\nMessage-ID: <2@customer.example>\r\n\r\nSecond.\r\n`,
    `${head}Subject: Re: One\r\nMessage-ID: <3@customer.example>\r\nIn-Reply-To: <1@customer.example>\r\n\r\nMore.\r\n`,
    first.replace("First", "A copy"),
    "only words, no header\r\n",
  ];
  mails.forEach((raw, n) => writeFileSync(join(dir, `${n}.eml`), raw));
  return dir;
}
