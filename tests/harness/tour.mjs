// The README's tours, as they are written there: their commands, one after the other, in one shell.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../gateway/dev/tools.mjs";

/** The shell blocks of the section `title`. */
export function blocks(title) {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  assert.ok(section, `the README has a section ${title}`);
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]);
}

/**
 * Runs blocks in one shell, their texts changed by `adapt`; gives { parts, answered }: what each
 * printed, and the data of the answers that the block with some words in it got. Each answer must be a
 * success.
 */
export async function walk(steps, { cwd, env, adapt = (text) => text }) {
  const script = steps.map((step, n) => `${step}\necho; echo "--- end of ${n}"\n`).join("");
  const output = await bash(adapt(script), { cwd, env });
  const parts = output.split(/\n--- end of \d+\n/);
  for (const part of parts) for (const { success, error } of answers(part)) assert.ok(success, JSON.stringify(error));
  const answered = (words) => answers(parts[steps.findIndex((step) => step.includes(words))]).map(({ data }) => data);
  return { parts, answered };
}

const answers = (text) =>
  text.replaceAll("}{", "}\n{").split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line)).filter((one) => "success" in one);

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
