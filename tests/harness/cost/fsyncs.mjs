// Counts what a process makes durable, with strace: how often it asks the disk, and for which file.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const ATTACH_MS = 10_000;

/** Why nothing can be counted here; nothing where it can. */
export function missing() {
  return spawnSync("strace", ["-V"]).error ? "there is no strace on this machine" : undefined;
}

/** Whose database a file is: `WorkspaceRoom`, `D1`, … by the folder that it is in. */
function owner(path) {
  const folder = basename(dirname(path));
  return /d1|D1DatabaseObject/i.test(folder) ? "D1" : folder.split("-").pop();
}

/** Does `work` under strace of the process `pid`; gives { fsyncs, of: { owner: count } }. */
export async function fsyncsOf(pid, work) {
  const dir = mkdtempSync(join(tmpdir(), "postroom-strace-"));
  const file = join(dir, "calls");
  const strace = spawn("strace", ["-f", "-y", "-e", "trace=fsync,fdatasync", "-o", file, "-p", String(pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((done) => strace.on("exit", done));
  try {
    let said = "";
    await new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`strace does not attach: ${said}`)), ATTACH_MS);
      const settle = (how, value) => void (clearTimeout(late), how(value));
      strace.stderr.on("data", (chunk) => {
        said += chunk;
        if (/attached/.test(said)) settle(done);
      });
      strace.on("exit", () => settle(fail, new Error(`strace ended: ${said}`)));
    });
    await work();
  } finally {
    strace.kill("SIGINT");
    await ended;
  }
  const of = {};
  for (const [, path] of readFileSync(file, "utf8").matchAll(/f(?:data)?sync\(\d+<([^>]*)>/g)) {
    of[owner(path)] = (of[owner(path)] ?? 0) + 1;
  }
  rmSync(dir, { recursive: true, force: true });
  return { fsyncs: Object.values(of).reduce((sum, n) => sum + n, 0), of };
}
