// The README's outreach tour, as it is written there, against real mail servers and the stand-ins.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startOutreach } from "../../examples/outreach.mjs";
import { blocks, walk } from "../harness/tour.mjs";
import { folder, later } from "../harness/worker.mjs";

test("the outreach tour of the README works as written", { timeout: 300_000 }, async (t) => {
  const cwd = folder(t);
  const outreach = await startOutreach({ folder: join(cwd, ".state", "outreach") });
  later(t, () => outreach.stop());
  const steps = blocks("Outreach tour");
  assert.ok(steps.length >= 7, `${steps.length} blocks`);
  const { parts, answered } = await walk(steps, { cwd });
  const part = (words) => parts[steps.findIndex((step) => step.includes(words))];

  const file = answered("/api/prospects/import").at(-1);
  assert.deepEqual([file.rows, file.created, file.known, file.failed], [10, 9, 1, 0]);
  assert.deepEqual(readFileSync(join(cwd, "stages.txt"), "utf8").trim().split(/\s+/), ["1", "invalid", "1", "notFound", "7", "verified"]);

  const starting = answered("/start");
  const [cap] = starting.at(-1);
  assert.deepEqual([cap.binding, cap.left, cap.used], ["window", 0, 0]);
  assert.ok(cap.until > Date.now() + 24 * 3600_000 && cap.until < Date.now() + 3 * 24 * 3600_000);
  assert.equal(starting.filter(({ enrolled }) => enrolled === 1).length, 7, "each enrolled once");
  assert.ok(part("/start").trimEnd().endsWith("}"), "no mail lies there");

  const sending = part("grep -h");
  assert.equal(sending.match(/^Subject: A door for (Bakery Ltd|Smithy & Sons|Florist)\r?$/gm).length, 5);
  assert.equal(new Set(sending.match(/^To: .*$/gm)).size, 5, "to five people");
  const [warm] = answered("grep -h").at(-1);
  assert.deepEqual([warm.binding, warm.left, warm.used], ["warmup", 0, 5]);
  assert.equal(sending.trim().split("\n").at(-1), "5", "no sixth");

  const [enrolment, campaign, [ticket]] = answered("Could we meet").slice(-3);
  assert.deepEqual([enrolment.state, enrolment.sent, enrolment.answer.kind], ["stopped", 1, "meeting"]);
  assert.deepEqual([campaign.enrolments.stopped, campaign.enrolments.waiting, campaign.enrolments.sending], [1, 6, 0]);
  assert.equal(ticket.subject, "Re: A door");
  const rung = outreach.alerts.of("meeting").map(({ json }) => [json.prospectId, json.ticketId]);
  assert.deepEqual(rung, [[enrolment.prospectId, ticket.id]], "the webhook rang once");
});
