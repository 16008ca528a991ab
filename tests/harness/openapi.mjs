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

/** Somebody to write to, an inbox to do it from, and what there is of both; gives their ids. */
async function outreach(url, { token }, campaignId) {
  const post = (path, body, headers) => data(url, "POST", path, { token, body, headers });
  const smtp = { host: "127.0.0.1", port: 9, security: "implicit_tls", username: "desk", password: "desk" };
  const inbox = await post("/v1/inboxes", { email: "sales@desk.example", displayName: "Desk", smtp, warmup: false });
  const mail = { to: ["ann@customer.example"], subject: "Doors", text: "A door?" };
  const send = await post(`/v1/inboxes/${inbox.id}/sends`, mail, { "idempotency-key": "doors" });
  const prospect = await post("/api/prospects", { email: "bob@customer.example", name: "Bob Ray", company: "Customer Ltd" });
  await post(`/v1/campaigns/${campaignId}/enrolments`, { prospectIds: [prospect.id] });
  return { inbox: inbox.id, send: send.id, prospect: prospect.id };
}

/** The settings of schemathesis under which paths name things that there are. */
async function pinned(url, owner, ticketId, file) {
  const helper = await join(url, owner, "agent", "Hal");
  const things = await oneOfEach(url, owner, helper, ticketId);
  Object.assign(things, await outreach(url, owner, things.campaign));
  const post = (path, body) => data(url, "POST", path, { token: owner.token, body });
  things.comment = (await post(`/v1/tickets/${ticketId}/comments`, { body: "It is open now." })).id;
  const scheduled = await post(`/v1/tickets/${ticketId}/scheduled-comments`, { body: "Later.", publishAt: Date.now() + 3_600_000 });
  const named = { workspaceId: owner.workspaceId, agentId: helper.agentId, ticketId, moveId: things.ticketMove, mergeId: things.userMerge };
  for (const [name, id] of Object.entries(things)) named[`${name}Id`] ??= id;
  const lines = Object.entries(named).map(([name, id]) => `"path.${name}" = "${id}"`);
  const lists = Object.entries(CATALOGUE).map(([list, name]) =>
    `[[operations]]\ninclude-path-regex = "^/v1/${list}/"\nparameters = { "path.id" = "${things[name]}" }\n`,
  );
  lists.push(`[[operations]]\ninclude-path-regex = "^/v1/scheduled-comments/"\nparameters = { "path.commentId" = "${scheduled.id}" }\n`);
  // The thing below what was just made is the one that is named here, maybe gone since: the check of it
  // compares paths, not ids. The other rounds have it.
  lists.unshift("[checks.ensure_resource_availability]\nenabled = false\n");
  writeFileSync(file, [readFileSync(CONFIG, "utf8"), ...lists, "[parameters]", ...lines, ""].join("\n"));
}

/**
 * Makes a workspace and has schemathesis try all its checks on it; gives { code, output, har }: `har` is
 * the file of everything that was asked, and answered.
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
  const har = path(cwd, `asked-${seed}.har`);
  args.push("--report-har-path", har, "--max-examples", String(examples), "--seed", String(seed));
  for (const id of NOT) args.push("--exclude-operation-id", id);
  return { ...await schemathesis(args, { cwd }), har };
}

/** The operations of an API's document of which an answer was another than 401, 403 or 404. */
export function letIn(har, paths) {
  const ids = (template) => template.split("{").length;
  const templates = Object.keys(paths).sort((a, b) => ids(a) - ids(b));
  const patterns = templates.map((one) => [new RegExp(`^${one.replace(/\{\w+\}/g, "[^/]+").replaceAll(".", "\\.")}$`), one]);
  const found = new Set();
  for (const { request, response } of JSON.parse(readFileSync(har, "utf8")).log.entries) {
    const { pathname } = new URL(request.url);
    const template = patterns.find(([pattern]) => pattern.test(pathname))?.[1];
    if (template && response.status > 0 && ![401, 403, 404, 405].includes(response.status)) found.add(`${request.method} ${template}`);
  }
  return found;
}

/** What its output says: how many cases, how many server errors, and what failed. */
export function told(output) {
  const section = (name) => {
    const at = output.search(new RegExp(`^=+ ${name} =+$`, "m"));
    if (at < 0) return "";
    const rest = output.slice(output.indexOf("\n", at) + 1);
    const end = rest.search(/^=+ .+ =+$/m);
    return end < 0 ? rest : rest.slice(0, end);
  };
  const failures = section("FAILURES") + section("ERRORS");
  const faults = [...failures.matchAll(/^\s*- Server error/gm)].length;
  return { cases: Number(/(\d+) generated/.exec(output)?.[1] ?? 0), faults, failures };
}
