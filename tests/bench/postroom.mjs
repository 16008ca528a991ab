// Postroom as a target of the benchmark: the product as it is uploaded, with everything on.
//
// A room of Postroom is a workspace, and comments are written to a ticket in it. All is made through
// its own API: the workspaces, the agents who sit in the first one (an agent may have 100 connections),
// a ticket in each. Only the limits on requests are higher than a customer's.

import { build } from "../../gateway/dev/build.mjs";
import { data, join, register } from "../harness/api.mjs";
import { pool } from "../harness/until.mjs";
import { VARS } from "../harness/worker.mjs";
import { startWorkerd } from "../harness/workerd.mjs";

/** So many agents sit in the first room. */
const AGENTS = 12;
/** What a connection may send in a second, a little below the limit of 200 frames. */
export const FRAMES_MAX = 190;

const LIMITS = { WORKSPACE_LIMIT: "1000000/10", AGENT_LIMIT: "1000000/10" };

export const postroom = {
  name: "postroom",
  what: "Postroom itself: idempotency, event log, outbox, policy and limits on; a room is a workspace",
  speech: "postroom",
  health: "/healthz",
  prepare: () => build(),
  start: ({ port, dataDir, secret }) =>
    startWorkerd({ persistTo: dataDir, port, vars: { ...LIMITS, JWT_SECRET: secret }, ready: false }),
  async rooms(url, count) {
    const rooms = await pool(Array.from({ length: count }, (_, n) => n), 4, async (n) => {
      const owner = await register(url, `Bench ${n}`, { operator: VARS.ADMIN_TOKEN });
      const { token } = owner;
      const ticket = await data(url, "POST", "/v1/tickets", { token, body: { subject: "The door is stuck" } });
      return { owner, room: { id: ticket.id, workspace: owner.workspaceId, tokens: [token] } };
    });
    const [{ owner, room }] = rooms;
    for (let n = 1; n < AGENTS; n += 1) {
      room.tokens.push((await join(url, owner, "agent", `Agent${n}`)).token);
    }
    return rooms.map((made) => made.room);
  },
};
