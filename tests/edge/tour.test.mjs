// The README's tour, as it is written there: its commands, one after the other, in one shell.

import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { blocks, walk } from "../harness/tour.mjs";
import { folder, productWorker } from "../harness/worker.mjs";

test("the tour of the README works as written", { timeout: 120_000 }, async (t) => {
  const worker = await productWorker(t);
  const cwd = folder(t);
  symlinkSync(join(ROOT, "examples"), join(cwd, "examples"));
  const steps = blocks("Tour");
  assert.ok(steps.length >= 6, `${steps.length} blocks`);
  assert.ok(steps[0].includes("URL=http://127.0.0.1:8787"));
  const adapt = (text) => text.replaceAll("http://127.0.0.1:8787", worker.url);
  const { parts, answered } = await walk(steps, { cwd, env: { POSTROOM_URL: worker.url }, adapt });
  const made = JSON.parse(readFileSync(join(cwd, "workspace.json"), "utf8")).data;

  const [rule] = answered("/v1/automations");
  const [ticket] = answered("TICKET=");
  assert.deepEqual([ticket.number, ticket.subject, ticket.tags], [1, "The door is stuck", ["door"]]);
  assert.equal(ticket.assigneeId, made.agent.id, `${rule.name} gave it to the owner`);

  const [first, second] = answered("my-first-answer");
  assert.equal(first.id, second.id, "twice asked, written once");
  assert.equal(first.body, "Hello Ann, have you tried to pull? Olive", "the canned words, filled in");
  const headers = { authorization: `Bearer ${made.accessToken}` };
  const file = await fetch(`${worker.url}/v1/attachments/${first.attachments[0].id}/content`, { headers });
  assert.equal(await file.text(), readFileSync(join(cwd, "manual.txt"), "utf8"), "the file goes with it");

  const [waiting] = answered("publishAt");
  assert.equal(waiting.body, "Any news?");
  const [merge] = answered("/merge");
  assert.deepEqual([merge.source.number, merge.target.id, merge.target.status], [2, ticket.id, "open"]);
  const [solved] = answered("solved");
  assert.equal(solved.status, "solved");

  const log = readFileSync(join(cwd, "room.log"), "utf8");
  const events = log.split("\n").map((line) => /^(\d+) ([\w.]+) (.*)$/.exec(line)).filter(Boolean);
  const numbers = events.map(([, seq]) => Number(seq));
  assert.deepEqual(numbers, numbers.map((_, n) => 1 + n), "each event once, in order");
  const bodies = events.filter(([, , type]) => type === "comment.created").map(([, , , data]) => JSON.parse(data).comment.body.trim());
  assert.deepEqual(bodies, ["It does not open any more.", first.body, "Pulling helps. Thank you!", "Any news?"]);
  const types = events.map(([, , type]) => type);
  for (const type of ["ticket.created", "automation.fired", "ticket.merged", "ticket.changed"]) assert.ok(types.includes(type), `${type}: ${types}`);

  const report = parts[steps.findIndex((step) => step.includes("/v1/reports/csv"))].trim().split(/\r?\n/);
  const figures = Object.fromEntries(report[0].split(",").map((name, n) => [name, report.at(-1).split(",")[n]]));
  assert.deepEqual([figures.created, figures.firstReplies, figures.solved, figures.backlog], ["2", "1", "1", "0"], report.join("\n"));

  const [imported, listed] = answered("/api/prospects");
  assert.deepEqual([imported.imported, imported.created], [2, 1]);
  assert.equal(listed.length, 1, "two spellings, one prospect");
  assert.ok(readFileSync(join(ROOT, "README.md"), "utf8").includes("/docs)") && (await fetch(`${worker.url}/docs`)).ok);
});
