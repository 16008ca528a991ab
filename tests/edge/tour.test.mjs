// The README's tour, as it is written there: its commands, one after the other, in one shell.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { folder, productWorker } from "../harness/worker.mjs";

/** The shell blocks of the section `title`. */
function blocks(title) {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const section = readme.split(/^## /m).find((part) => part.startsWith(title));
  assert.ok(section, `the README has a section ${title}`);
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]);
}

/** Runs a script; gives what it printed. */
function bash(script, { cwd, env }) {
  return new Promise((done, fail) => {
    const child = spawn("bash", ["-eu", "-o", "pipefail"], { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    let [out, errors] = ["", ""];
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.on("exit", (code) => (code === 0 ? done(out) : fail(new Error(`bash ended with ${code}:\n${out}\n${errors}`))));
    child.stdin.end(script);
  });
}

test("the tour of the README works as written", { timeout: 120_000 }, async (t) => {
  const worker = await productWorker(t);
  const cwd = folder(t);
  symlinkSync(join(ROOT, "examples"), join(cwd, "examples"));
  const steps = blocks("Tour");
  assert.ok(steps.length >= 6, `${steps.length} blocks`);
  assert.ok(steps[0].includes("URL=http://127.0.0.1:8787"));
  const script = steps.map((step, n) => `${step}\necho; echo "--- end of ${n}"\n`).join("").replaceAll("http://127.0.0.1:8787", worker.url);
  const output = await bash(script, { cwd, env: { POSTROOM_URL: worker.url } });
  const parts = output.split(/\n--- end of \d+\n/);
  const answers = (text) => text.replaceAll("}{", "}\n{").split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  for (const part of parts) for (const { success, error } of answers(part)) assert.ok(success, JSON.stringify(error));

  const at = (words) => steps.findIndex((step) => step.includes(words));
  const [first, second] = answers(parts[at("my-first-answer")]);
  assert.equal(first.data.id, second.data.id, "twice asked, written once");

  const log = readFileSync(join(cwd, "room.log"), "utf8");
  const events = log.split("\n").map((line) => /^(\d+) ([\w.]+) (.*)$/.exec(line)).filter(Boolean);
  const numbers = events.map(([, seq]) => Number(seq));
  assert.deepEqual(numbers, numbers.map((_, n) => numbers[0] + n), "each event once, in order");
  const bodies = events.filter(([, , type]) => type === "comment.created").map(([, , , data]) => JSON.parse(data).comment.body.trim());
  assert.deepEqual(bodies, ["It does not open any more.", "Have you tried to pull?", "Any news?"]);
  assert.ok(events.some(([, , type]) => type === "ticket.created"));

  const [imported, listed] = answers(parts[at("/api/prospects")]);
  assert.deepEqual([imported.data.imported, imported.data.created], [2, 1]);
  assert.equal(listed.data.length, 1, "two spellings, one prospect");
});
