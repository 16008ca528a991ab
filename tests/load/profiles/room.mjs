// One room with a thousand connections, in which five times a second somebody says something: each
// such sentence is a thousand deliveries.

import { setTimeout as wait } from "node:timers/promises";
import { Figures } from "../figures.mjs";
import { pace } from "../pace.mjs";
import { agents, comments, onStage, tickets, within, workspace } from "../scene.mjs";
import { age, Listener, marked } from "../sockets.mjs";
import { Tally } from "../tally.mjs";

export const about = "one room, 1,000 sockets, 5 posts a second in all (each is 1,000 deliveries)";
export const usual = { rate: 5, seconds: 60, sockets: 1_000 };

/** So many connections an agent opens: of the hundred that are allowed, some are left. */
export const EACH = 80;

/** Opens connections of so many agents, a few at a time; gives those that were let in. */
export async function open(stage, people, count, options = () => ({})) {
  const listeners = [];
  while (listeners.length < count) {
    const some = Array.from({ length: Math.min(50, count - listeners.length) }, (_, at) => {
      const n = listeners.length + at;
      return new Listener(stage.url, people[n % people.length], options(n));
    });
    const let_in = await Promise.all(some.map(({ ready }) => ready));
    const refused = some[let_in.indexOf(false)];
    if (refused) throw new Error(`a connection was refused: ${JSON.stringify(refused.over)}`);
    listeners.push(...some);
  }
  return listeners;
}

export const run = ({ rate, seconds, sockets, say }) =>
  onStage({ say }, async (stage) => {
    const owner = await workspace(stage, "Room");
    stage.keep(owner);
    const people = await agents(stage, owner, Math.ceil(sockets / EACH));
    const [ticketId] = await tickets(stage, owner, 1);
    const tally = new Tally();
    const deliveries = new Figures();
    const onEvent = ({ type, data }) => {
      const took = type === "comment.created" ? age(data.comment.body) : undefined;
      if (took !== undefined) deliveries.add(took);
    };
    const listeners = await open(stage, people, sockets, () => ({ onEvent }));
    const accepted = [];
    const watched = stage.watch();
    const work = async (n, intended) => {
      const body = marked(n, intended);
      const answer = await listeners[n % sockets].command({ postComment: { ticketId, body } });
      if (tally.note(answer, intended)) accepted.push(body);
    };
    const paced = await pace({ rate, seconds, work });
    const { head } = await stage.client.data("GET", "/v1/snapshot", { token: owner.token });
    const behind = () => listeners.filter(({ last, over }) => !over && last < head);
    await within(30, () => behind().length === 0);
    const machine = watched.stop(paced.late);
    const ended = listeners.filter(({ over }) => over);
    const gaps = listeners.reduce((sum, one) => sum + one.gaps, 0);
    const late = behind().length;
    tally.check(accepted, await comments(stage, owner, ticketId));
    for (const one of listeners) one.close();
    await wait(100);
    const expected = accepted.length * (sockets - ended.length);
    const lines = [
      ...tally.lines(paced.seconds, paced.tail),
      ["delivered", `${deliveries.count} of ${expected} (${(deliveries.count / paced.seconds).toFixed(0)} a second), ${gaps} gaps, ${ended.length} connections ended`],
      ["delivery", String(deliveries)],
      ...machine,
    ];
    const problems = tally.problems();
    if (gaps > 0) problems.push(`${gaps} gaps in what connections were shown`);
    if (late > 0) problems.push(`${late} connections were not shown everything`);
    if (ended.length > 0) problems.push(`${ended.length} connections ended: ${JSON.stringify(ended[0].over)}`);
    if (late === 0 && deliveries.count < expected) problems.push(`${expected - deliveries.count} deliveries are missing`);
    return { lines, problems, tallies: [tally] };
  });
