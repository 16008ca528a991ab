// The break-in by machine: schemathesis over all operations of the API's document, as an owner.

import { join } from "node:path";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { data, register } from "./api.mjs";
import { schemathesis } from "./schemathesis.mjs";
import { VARS } from "./worker.mjs";

const CONFIG = join(ROOT, "tests", "harness", "schemathesis.toml");
// These end the session that makes the requests, are no HTTP, or take what schemathesis cannot make;
// they are tried elsewhere.
const NOT = ["logout", "logoutEverywhere", "realtime", "realtimeToo", "importProspectFile"];
// Lists want something to list, and cursors a second page.
const TICKETS = 60;

/** Makes a workspace and has schemathesis try all its checks on it; gives { code, output }. */
export async function breakIn(url, { cwd, examples, seed }) {
  const { token } = await register(url, "Openapi", { operator: VARS.ADMIN_TOKEN });
  for (let n = 0; n < TICKETS; n += 1) {
    const body = { subject: `Ticket ${n}`, body: "It does not open.", userEmail: `user${n}@customer.example` };
    await data(url, "POST", "/v1/tickets", { token, body });
  }
  const args = ["--config-file", CONFIG, "run", `${url}/openapi.json`, "--header", `Authorization: Bearer ${token}`];
  args.push("--checks", "all", "--workers", "2", "--continue-on-failure", "--suppress-health-check", "all", "--no-color");
  args.push("--max-examples", String(examples), "--seed", String(seed));
  for (const id of NOT) args.push("--exclude-operation-id", id);
  return schemathesis(args, { cwd });
}

/** What its output says: how many cases, how many faults, what failed, and where nothing was tested. */
export function told(output) {
  const section = (name) => {
    const at = output.search(new RegExp(`^=+ ${name} =+$`, "m"));
    if (at < 0) return "";
    const rest = output.slice(output.indexOf("\n", at) + 1);
    const end = rest.search(/^=+ .+ =+$/m);
    return end < 0 ? rest : rest.slice(0, end);
  };
  const failures = section("FAILURES") + section("ERRORS");
  return {
    cases: Number(/(\d+) generated/.exec(output)?.[1] ?? 0),
    faults: [...failures.matchAll(/^- Server error$/gm)].length,
    failures,
    warnings: section("WARNINGS"),
  };
}
