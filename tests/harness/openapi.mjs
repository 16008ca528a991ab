// The break-in by machine: schemathesis over all operations of the API's document.

import { readFileSync, writeFileSync } from "node:fs";
import { join as path } from "node:path";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { data, join, register } from "./api.mjs";
import { oneOfEach } from "./one_of_each.mjs";
import { schemathesis } from "./schemathesis.mjs";
import { VARS } from "./worker.mjs";

const CONFIG = path(ROOT, "tests", "harness", "schemathesis.toml");
// These end the session that makes the requests, are no HTTP, or take what schemathesis cannot make;
// they are tried elsewhere.
const NOT = ["logout", "logoutEverywhere", "realtime", "realtimeToo", "importProspectFile"];
// Lists want something to list, and cursors a second page.
const TICKETS = 60;
// What is called `id` in the path of a list of these.
const CATALOGUE = { categories: "category", "custom-statuses": "customStatus", "canned-replies": "cannedReply", signatures: "signature", macros: "macro", views: "view" };

/** The settings of schemathesis under which paths name things that there are. */
async function pinned(url, owner, ticketId, file) {
  const helper = await join(url, owner, "agent", "Hal");
  const things = await oneOfEach(url, owner, helper, ticketId);
  const named = { workspaceId: owner.workspaceId, agentId: helper.agentId, ticketId, moveId: things.ticketMove, mergeId: things.userMerge };
  for (const [name, id] of Object.entries(things)) named[`${name}Id`] ??= id;
  const lines = Object.entries(named).map(([name, id]) => `"path.${name}" = "${id}"`);
  const lists = Object.entries(CATALOGUE).map(([list, name]) =>
    `[[operations]]\ninclude-path-regex = "^/v1/${list}/"\nparameters = { "path.id" = "${things[name]}" }\n`,
  );
  writeFileSync(file, [readFileSync(CONFIG, "utf8"), ...lists, "[parameters]", ...lines, ""].join("\n"));
}

/**
 * Makes a workspace and has schemathesis try all its checks on it; gives { code, output }.
 *
 * pins      whether paths name things that there are, and not only what schemathesis makes up
 * operator  whether the operator asks, instead of the workspace's owner
 */
export async function breakIn(url, { cwd, examples, seed, pins = false, operator = false }) {
  const owner = await register(url, "Openapi", { operator: VARS.ADMIN_TOKEN });
  let ticketId;
  for (let n = 0; n < TICKETS; n += 1) {
    const body = { subject: `Ticket ${n}`, body: "It does not open.", userEmail: `user${n}@customer.example` };
    ticketId = (await data(url, "POST", "/v1/tickets", { token: owner.token, body })).id;
  }
  const config = pins ? path(cwd, `pinned-${seed}.toml`) : CONFIG;
  if (pins) await pinned(url, owner, ticketId, config);
  const token = operator ? VARS.ADMIN_TOKEN : owner.token;
  const args = ["--config-file", config, "run", `${url}/openapi.json`, "--header", `Authorization: Bearer ${token}`];
  args.push("--checks", "all", "--workers", "2", "--continue-on-failure", "--suppress-health-check", "all", "--no-color");
  args.push("--max-examples", String(examples), "--seed", String(seed));
  for (const id of NOT) args.push("--exclude-operation-id", id);
  return schemathesis(args, { cwd });
}

/**
 * What its output says: how many cases, how many server errors, what failed, and of which operations
 * every answer was that nobody is let in (401, 403) or that nothing is there (404).
 */
export function told(output) {
  const section = (name) => {
    const at = output.search(new RegExp(`^=+ ${name} =+$`, "m"));
    if (at < 0) return "";
    const rest = output.slice(output.indexOf("\n", at) + 1);
    const end = rest.search(/^=+ .+ =+$/m);
    return end < 0 ? rest : rest.slice(0, end);
  };
  const failures = section("FAILURES") + section("ERRORS");
  let title = "";
  const refused = new Set();
  for (const line of section("WARNINGS").split("\n")) {
    title = /^([A-Z][a-z ]+): /.exec(line)?.[1] ?? title;
    const [, operation] = /^\s+- ([A-Z]+ \/\S*)/.exec(line) ?? [];
    if (operation && ["Authentication failed", "Missing test data"].includes(title)) refused.add(operation);
  }
  const faults = [...failures.matchAll(/^\s*- Server error/gm)].length;
  return { cases: Number(/(\d+) generated/.exec(output)?.[1] ?? 0), faults, failures, refused };
}
