// A room that a thousand connections lose at the same moment, and come back to at once with the number
// of what they saw last, while people go on talking.

import { setTimeout as wait } from "node:timers/promises";
import { Figures } from "../figures.mjs";
import { CLOCK, pace } from "../pace.mjs";
import { agents, comments, onStage, tickets, within, workspace } from "../scene.mjs";
import { Listener } from "../sockets.mjs";
import { Tally } from "../tally.mjs";
import { EACH, open } from "./room.mjs";

export const about = "1,000 sockets are lost and come back within a second, while 20 posts a second go on";
export const usual = { rate: 20, seconds: 30, sockets: 1_000 };

/** Within so long each comes back for the first time. */
const STORM_MS = 1_000;
/** Who is refused comes again, as clients should: after a while that grows, and not all at once. */
const FIRST_MS = 500;
const TRIES_MAX = 12;

export const run = ({ rate, seconds, sockets, say }) =>
  onStage({ say }, async (stage) => {
    const owner = await workspace(stage, "Storm");
    stage.keep(owner);
    const people = await agents(stage, owner, Math.ceil(sockets / EACH));
    const [ticketId] = await tickets(stage, owner, 1);
    let listeners = await open(stage, people, sockets);
    const tally = new Tally();
    const back = new Figures();
    const refused = new Map();
    const accepted = [];
    const watched = stage.watch();
    const work = async (n, intended) => {
      const body = `Said ${n}`;
      const answer = await stage.client.ask("POST", `/v1/tickets/${ticketId}/comments`, { token: owner.token, body: { body } });
      if (tally.note(answer, intended)) accepted.push(body);
    };
    const talking = pace({ rate, seconds, work });

    /** One client that comes back until it is let in. */
    const comeBack = async (old, n) => {
      const intended = CLOCK.now() + Math.random() * STORM_MS;
      await CLOCK.until(intended);
      for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
        const next = new Listener(stage.url, people[n % people.length], { since: old.last });
        next.gaps = old.gaps;
        if (await next.ready) return back.add(CLOCK.now() - intended), next;
        const why = next.over.status ?? next.over.code;
        refused.set(why, (refused.get(why) ?? 0) + 1);
        await wait(FIRST_MS * 2 ** Math.min(attempt, 4) * (0.5 + Math.random()));
      }
      return old;
    };
    await wait((seconds * 1_000) / 3);
    for (const one of listeners) one.drop();
    listeners = await Promise.all(listeners.map(comeBack));
    const paced = await talking;
    const { head } = await stage.client.data("GET", "/v1/snapshot", { token: owner.token });
    const behind = () => listeners.filter(({ last, over }) => over || last < head);
    await within(30, () => behind().length === 0);
    const machine = watched.stop(paced.late);
    const late = behind();
    const gaps = listeners.reduce((sum, one) => sum + one.gaps, 0);
    tally.check(accepted, await comments(stage, owner, ticketId));
    for (const one of listeners) one.close();
    const tries = [...refused].map(([why, count]) => `${why}: ${count}`).join(", ") || "none";
    const lines = [
      ...tally.lines(paced.seconds, paced.tail),
      ["came back", `${back.count} of ${sockets}, tries that were refused: ${tries}; ${gaps} gaps`],
      ["until there", String(back)],
      ...machine,
    ];
    const problems = tally.problems();
    const [missing] = late;
    if (missing) problems.push(`${late.length} connections are not there again, or have not seen everything: ${JSON.stringify(missing.over ?? { last: missing.last, head })}`);
    if (gaps > 0) problems.push(`${gaps} gaps in what connections were shown`);
    return { lines, problems, tallies: [tally] };
  });
