// node examples/watch.mjs: prints what happens in a workspace, as it happens.
//
// TOKEN and WORKSPACE say whose room; POSTROOM_URL where (default http://127.0.0.1:8787);
// SINCE from which event on (default: what is new); CODEC=msgpack speaks MessagePack; VIEWS which
// events, as JSON: VIEWS='[{"types":["ticket.*"]}]'.

import { connect } from "./client.mjs";

const { TOKEN: token, WORKSPACE: workspaceId, POSTROOM_URL, SINCE, CODEC: codec, VIEWS } = process.env;
const url = POSTROOM_URL ?? "http://127.0.0.1:8787";
if (!token || !workspaceId) {
  console.error("set TOKEN and WORKSPACE (the tour in README.md says how to get them)");
  process.exit(2);
}

const room = connect({ url, workspaceId, token, codec, since: SINCE && Number(SINCE), views: VIEWS && JSON.parse(VIEWS) });
room.on("hello", ({ head, agent }) => console.log(`in the room as ${agent.name}; the last event is ${head}`));
room.on("event", ({ seq, type, data }) => console.log(seq, type, JSON.stringify(data)));
room.on("typing", ({ agentId, ticketId, typing }) => console.log(agentId, typing ? "types in" : "stopped in", ticketId));
room.on("viewing", ({ agentId, ticketId, viewing }) => console.log(agentId, viewing ? "looks at" : "left", ticketId));
room.on("presence", ({ agentId, online }) => console.log(agentId, online ? "came" : "went"));
room.on("refused", ({ error }) => console.log(error.code, error.message));
room.on("lost", ({ code, reason }) => console.log(`connection lost (${code} ${reason}); coming back`));
process.on("SIGINT", () => {
  room.close();
  process.exit(0);
});
