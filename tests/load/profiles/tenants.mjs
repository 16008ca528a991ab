// A hundred workspaces with a hundred tickets each, in which people read (80 %), answer (15 %) and
// change things (5 %), 3,000 times a second in all.

import { seeded } from "../../harness/until.mjs";
import { pool } from "../../harness/until.mjs";
import { pace } from "../pace.mjs";
import { comments, onStage, tickets, workspaces } from "../scene.mjs";
import { Tally } from "../tally.mjs";

export const about = "100 tenants with 100 tickets each, 3,000 a second offered: 80 % read, 15 % post, 5 % admin";
export const usual = { rate: 3_000, seconds: 60, tenants: 100 };

const READS = [
  (ticketId) => `/v1/tickets/${ticketId}`,
  (ticketId) => `/v1/tickets/${ticketId}/comments?limit=50`,
  () => "/v1/tickets?limit=50",
  () => "/v1/me",
];

export const run = ({ rate, seconds, tenants, say }) =>
  onStage({ bytes: 2e6 * tenants, say }, async (stage) => {
    const { client } = stage;
    const owners = await workspaces(stage, tenants);
    for (const owner of owners) stage.keep(owner);
    const each = await pool(owners, 4, (owner) => tickets(stage, owner, 100));
    say(`${tenants} workspaces with 100 tickets each`);
    const random = seeded(1);
    const pick = (list) => list[Math.floor(random() * list.length)];
    const tally = new Tally();
    const kinds = { read: new Tally(), post: new Tally(), admin: new Tally() };
    const posted = new Map(); // ticket -> { owner, texts }
    const replies = new Map(owners.map((owner) => [owner, []]));

    const read = (owner, ticketId) => client.ask("GET", pick(READS)(ticketId), { token: owner.token });
    const post = async (owner, ticketId, n) => {
      const body = `Comment ${n}`;
      const answer = await client.ask("POST", `/v1/tickets/${ticketId}/comments`, { token: owner.token, body: { body } });
      if (answer.status !== 201) return answer;
      const known = posted.get(ticketId) ?? { owner, texts: [] };
      known.texts.push(body);
      posted.set(ticketId, known);
      return answer;
    };
    const admin = async (owner, ticketId, n) => {
      if (n % 2 === 0) return client.ask("PATCH", `/v1/tickets/${ticketId}`, { token: owner.token, body: { priority: n % 4 === 0 ? "high" : "normal" } });
      const made = replies.get(owner);
      const name = `Reply ${n}`;
      const full = made.length >= 900; // a workspace has a thousand
      if (full) return client.ask("PATCH", "/v1/workspace", { token: owner.token, body: { name: `Renamed ${n}` } });
      const answer = await client.ask("POST", "/v1/canned-replies", { token: owner.token, body: { name, body: "Hello, please pull." } });
      if (answer.status === 201) made.push(name);
      return answer;
    };

    const watched = stage.watch();
    const work = async (n, intended) => {
      const tenant = Math.floor(random() * tenants);
      const [owner, ticketId] = [owners[tenant], pick(each[tenant])];
      const share = random();
      const [kind, begin] = share < 0.8 ? ["read", read] : share < 0.95 ? ["post", post] : ["admin", admin];
      const answer = await begin(owner, ticketId, n);
      tally.note(answer, intended);
      kinds[kind].note(answer, intended);
    };
    const paced = await pace({ rate, seconds, work });
    const machine = watched.stop(paced.late);
    await pool([...posted], 8, async ([ticketId, { owner, texts }]) => tally.check(texts, await comments(stage, owner, ticketId)));
    await pool(owners, 8, async (owner) => {
      const found = await client.all("/v1/canned-replies", { token: owner.token });
      tally.check(replies.get(owner), found.map(({ name }) => name));
    });
    const lines = tally.lines(paced.seconds);
    for (const [kind, { accepted, latencies }] of Object.entries(kinds)) lines.push([`  ${kind}`, `${accepted} accepted, ${latencies}`]);
    return { lines: [...lines, ...machine], problems: tally.problems(), tallies: [tally] };
  });
