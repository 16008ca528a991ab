// A hundred workspaces with a hundred tickets each, in which people read (80 %), answer (15 %) and
// change things (5 %), 3,000 times a second in all.

import { pool, seeded } from "../../harness/until.mjs";
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

/** Tickets that were changed, each time to a subject of its own, and which of those must be there in the end. */
class Changes {
  #tickets = new Map(); // id -> { owner, version, subject, unsure }

  async make(client, owner, ticketId, n) {
    const body = { subject: `Changed ${n}`, priority: n % 4 === 0 ? "high" : "normal" };
    const answer = await client.ask("PATCH", `/v1/tickets/${ticketId}`, { token: owner.token, body });
    const known = this.#tickets.get(ticketId) ?? { owner, version: 0, unsure: new Set() };
    this.#tickets.set(ticketId, known);
    const { status, data } = answer;
    // Answers may overtake each other, versions do not.
    const { subject } = body;
    if (status === 200 && data.version > known.version) Object.assign(known, { version: data.version, subject });
    if (status === 0 || status === 503) known.unsure.add(subject);
    return answer;
  }

  /** Reads them back: the last subject that was accepted is there, unless one came after it of which nobody knows. */
  async check(client, tally) {
    const accepted = [...this.#tickets].filter(([, { subject }]) => subject);
    let overtaken = 0;
    await pool(accepted, 8, async ([ticketId, { owner, version, subject, unsure }]) => {
      const now = await client.data("GET", `/v1/tickets/${ticketId}`, { token: owner.token });
      if (unsure.has(now.subject) && now.version > version) overtaken += 1;
      else tally.check([subject], [now.subject]);
    });
    return { changed: accepted.length, overtaken };
  }
}

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
    const changes = new Changes();

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
      const made = replies.get(owner);
      const full = made.length >= 900; // a workspace has a thousand
      if (n % 2 === 0 || full) return changes.make(client, owner, ticketId, n);
      const name = `Reply ${n}`;
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
    const { changed, overtaken } = await changes.check(client, tally);
    const lines = tally.lines(paced.seconds, paced.tail);
    for (const [kind, { accepted, latencies }] of Object.entries(kinds)) lines.push([`  ${kind}`, `${accepted} accepted, ${latencies}`]);
    lines.push(
      ["changed", `${changed} tickets; on ${overtaken} stands a later change whose answer was none, or 503`],
      ["stale", `${client.stale} kept connections had been closed as they were used: asked again under the same key`],
      ...machine,
    );
    return { lines, problems: tally.problems(), tallies: [tally], written: kinds.post.accepted };
  });
