// Two thousand inboxes whose day begins at the same minute: each has one prospect to write to, and each
// campaign's window opens at the same time of the day.
//
// No mail leaves (`SEND_MODE=dry`): it goes through turn, limits, permission and ledger, and counts as
// sent. Each must be there once. Latencies are from the moment at which the window opens.

import { setTimeout as wait } from "node:timers/promises";
import { pool } from "../../harness/until.mjs";
import { INBOXES_PER_CAMPAIGN } from "../limits.mjs";
import { onStage, within, workspaces } from "../scene.mjs";
import { Tally } from "../tally.mjs";

export const about = "2,000 inboxes wake at 09:00 local time: when each mail leaves, and that it leaves once";
export const usual = { seconds: 900, inboxes: 2_000 };

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
/** Campaigns are made, and people enrolled, in what is left before the window opens. */
const LEAD_MS = 60_000;
const MINUTE_MS = 60_000;

/** A window that opens at the next minute after `leadMs`, in a time zone in which it is about nine then. */
export function morning(now, leadMs = LEAD_MS) {
  const opens = Math.ceil((now + leadMs) / MINUTE_MS) * MINUTE_MS;
  const east = ((9 - new Date(opens).getUTCHours() + 35) % 24) - 11; // -11 to 12
  const local = new Date(opens + east * 60 * MINUTE_MS);
  // POSIX counts to the west.
  const timeZone = east === 0 ? "Etc/GMT" : `Etc/GMT${east > 0 ? "-" : "+"}${Math.abs(east)}`;
  const from = local.toISOString().slice(11, 16);
  return { opens, window: { timeZone, week: [{ day: DAYS[local.getUTCDay()], from, to: "24:00" }] } };
}

/** Imports people; each gets an answer of its own, and who is refused for a moment is asked for again. */
async function prospects(client, token, rows) {
  const ids = new Map();
  while (ids.size < rows.length) {
    const left = rows.filter(({ email }) => !ids.has(email));
    const { results } = await client.data("POST", "/api/prospects", { token, body: { prospects: left } });
    for (const [n, { data, error }] of results.entries()) {
      if (data) ids.set(left[n].email, data.id);
      else if (error.code !== "unavailable") throw new Error(`${left[n].email}: ${JSON.stringify(error)}`);
    }
    if (ids.size < rows.length) await wait(1_000);
  }
  return rows.map(({ email }) => ids.get(email));
}

/** A workspace's inboxes, and somebody for each to write to. */
async function desk({ client }, owner, tenant, count) {
  const { token } = owner;
  const smtp = { host: "127.0.0.1", port: 9, security: "implicit_tls", username: "load", password: "load" };
  const inboxIds = await pool(Array.from({ length: count }), 4, async (_, n) => {
    const email = `sales${n}@tenant${tenant}.example`;
    return (await client.data("POST", "/v1/inboxes", { token, body: { email, displayName: "Load", smtp, warmup: false } })).id;
  });
  const rows = Array.from({ length: count }, (_, n) => ({ email: `p${n}@firm${tenant}x${n}.example`, name: `Person ${n}`, company: `Firm ${n}` }));
  return { owner, inboxIds, prospectIds: await prospects(client, token, rows) };
}

/** `leadMs`: how long before the window campaigns are begun; below 0, in a window that is open. */
export const run = ({ seconds, inboxes, say, leadMs = LEAD_MS }) =>
  onStage({ bytes: 5e5 * inboxes, vars: { SEND_MODE: "dry" }, say }, async (stage) => {
    const { client } = stage;
    const owners = await workspaces(stage, Math.ceil(inboxes / INBOXES_PER_CAMPAIGN));
    for (const owner of owners) stage.keep(owner);
    const count = (n) => Math.min(INBOXES_PER_CAMPAIGN, inboxes - n * INBOXES_PER_CAMPAIGN);
    const desks = await pool(owners, 2, (owner, n) => desk(stage, owner, n, count(n)));
    say(`${inboxes} inboxes in ${owners.length} workspaces, a prospect for each`);
    const { opens, window } = morning(Date.now(), leadMs);
    await pool(desks, 4, async (one) => {
      const { token } = one.owner;
      const steps = [{ subject: "Doors", text: "Dear {{firstName}}, a door?" }];
      const campaign = await client.data("POST", "/v1/campaigns", { token, body: { name: "Nine", inboxIds: one.inboxIds, footer: "Load, here", window, steps } });
      one.path = `/v1/campaigns/${campaign.id}`;
      await client.data("POST", `${one.path}/enrolments`, { token, body: { prospectIds: one.prospectIds } });
      await client.data("POST", `${one.path}/start`, { token });
    });
    const left = opens - Date.now();
    if (left < 0 && leadMs > 0) {
      throw new Error(`the campaigns were ready ${-left} ms after the window opened: take a smaller --scale`);
    }
    say(`the window opens in ${(left / 1_000).toFixed(0)} s, at ${window.week[0].from} ${window.timeZone}`);
    const watched = stage.watch();
    await wait(Math.max(0, left));
    const unfinished = async () => {
      const lists = await pool(desks, 2, ({ owner, path }) => client.all(`${path}/enrolments`, { token: owner.token }));
      return lists.flat().filter(({ state }) => state !== "finished");
    };
    let waiting = [];
    const everyMs = Math.min(5_000, 100 * inboxes);
    const took = await within(seconds, async () => (waiting = await unfinished()).length === 0, everyMs);
    const machine = watched.stop();

    const tally = new Tally();
    let early = 0;
    const others = new Map();
    for (const { owner, inboxIds, prospectIds } of desks) {
      const lists = await pool(inboxIds, 8, (id) => client.all(`/v1/inboxes/${id}/sends`, { token: owner.token }));
      const sent = lists.flat().filter(({ state }) => state === "sent");
      for (const { state, error } of lists.flat().filter((one) => !sent.includes(one))) {
        const what = `${state}: ${error ?? "no error"}`;
        others.set(what, (others.get(what) ?? 0) + 1);
      }
      for (const { leftAt } of sent) {
        tally.latencies.add(leftAt - opens);
        if (leftAt < opens) early += 1;
      }
      const number = ({ to: [to] }) => Number(/^p(\d+)@/.exec(to)[1]);
      tally.offered += prospectIds.length;
      tally.accepted += sent.length;
      tally.check(prospectIds.map((_, n) => n), sent.map(number));
    }
    const lines = [
      ...tally.lines(Math.min(took, seconds)),
      ["spread", `${((tally.latencies.max - tally.latencies.percentile(0)) / 1_000).toFixed(1)} s between the first mail and the last; ${early} before the window`],
      ...machine,
    ];
    const problems = tally.problems();
    if (early > 0) problems.push(`${early} mails left before the window opened`);
    if (waiting.length > 0) problems.push(`${waiting.length} were not written to within ${seconds} s: ${JSON.stringify(waiting[0])}`);
    for (const [what, count] of others) problems.push(`${count} mails are ${what}`);
    return { lines, problems, tallies: [tally] };
  });
