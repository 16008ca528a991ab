// schemathesis, from PyPI, in a folder of its own: it reads the API's document and tries to break it.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { toolDir } from "../../gateway/dev/tools.mjs";
import { ensurePackages } from "./debian.mjs";

const VERSION = "4.32.5";

/** The command; installed if it is missing. */
export function ensureSchemathesis() {
  const home = toolDir("schemathesis", VERSION);
  const command = join(home, "bin", "schemathesis");
  if (existsSync(command)) return command;
  console.error(`schemathesis: installing ${VERSION} from PyPI`);
  const quiet = { stdio: ["ignore", "ignore", "inherit"] };
  const make = () => execFileSync("python3", ["-m", "venv", "--clear", home], quiet);
  try {
    make();
  } catch {
    ensurePackages(["python3", "python3-venv"], { files: ["/usr/share/doc/python3-venv"] });
    make();
  }
  try {
    execFileSync(join(home, "bin", "pip"), ["install", "--quiet", `schemathesis==${VERSION}`], quiet);
  } catch (e) {
    rmSync(home, { recursive: true, force: true }); // half of it is worse than nothing
    throw e;
  }
  return command;
}

/** Runs it; gives { code, output }. */
export function schemathesis(args, { cwd }) {
  return new Promise((done) => {
    const child = spawn(ensureSchemathesis(), args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.once("exit", (code) => done({ code, output }));
  });
}
