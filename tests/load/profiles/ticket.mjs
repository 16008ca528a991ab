// One ticket on which everybody writes: 200 comments a second for ten minutes.

import { pace } from "../pace.mjs";
import { comments, onStage, tickets, workspace } from "../scene.mjs";
import { Tally } from "../tally.mjs";

export const about = "one ticket, 200 posts a second for ten minutes";
export const usual = { rate: 200, seconds: 600 };

export const run = ({ rate, seconds, say }) =>
  onStage({ say }, async (stage) => {
    const { client } = stage;
    const owner = await workspace(stage, "Ticket");
    stage.keep(owner);
    const [ticketId] = await tickets(stage, owner, 1);
    const tally = new Tally();
    const accepted = [];
    const watched = stage.watch();
    const work = async (n, intended) => {
      const body = `Comment ${n}`;
      const answer = await client.ask("POST", `/v1/tickets/${ticketId}/comments`, { token: owner.token, body: { body } });
      if (tally.note(answer, intended)) accepted.push(body);
    };
    const paced = await pace({ rate, seconds, work });
    const machine = watched.stop(paced.late);
    tally.check(accepted, await comments(stage, owner, ticketId));
    const lines = [...tally.lines(paced.seconds, paced.tail), ...machine];
    return { lines, problems: tally.problems(), tallies: [tally] };
  });
