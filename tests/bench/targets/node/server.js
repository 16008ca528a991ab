// The HTTP API: Fastify in one process. PORT, DATA (a folder) and JWT_SECRET are its settings.

import { join } from "node:path";
import fastifyJwt from "@fastify/jwt";
import Fastify from "fastify";
import { routes } from "./schemas.js";
import { openSockets } from "./sockets.js";
import { openStore } from "./store.js";

const { PORT, DATA, JWT_SECRET } = process.env;

// Fastify would drop unknown fields and turn a 5 into "5"; here such a body is refused.
const app = Fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false } } });
const store = openStore(join(DATA, "events.sqlite"));

await app.register(fastifyJwt, {
  secret: JWT_SECRET,
  verify: { algorithms: ["HS256"], requiredClaims: ["sub", "exp"] },
});
const sockets = openSockets(app, store);

/** Whatever is wrong with a token, the answer is the same. */
async function authenticate(request, reply) {
  try {
    await request.jwtVerify();
  } catch {
    return reply.code(401).send({ error: "unauthorized" });
  }
}
const authenticated = { onRequest: authenticate };

app.get("/health", routes.health, async () => ({ ok: true }));

app.post("/v1/tickets/:room/comments", { ...routes.post, ...authenticated }, async (request, reply) => {
  const event = store.append(request.params.room, request.user.sub, request.body.text);
  sockets.tell(event);
  return reply.code(201).send(event);
});

app.get("/v1/tickets/:room/comments", { ...routes.list, ...authenticated }, async (request) => {
  return { items: store.list(request.params.room, Number(request.query.limit)) };
});

process.once("SIGTERM", async () => {
  await sockets.close(); // and with it the server
  store.close();
  process.exit(0);
});

// A thousand clients may knock at once: the queue of the system must not turn any away.
await app.listen({ host: "127.0.0.1", port: Number(PORT), backlog: 4096 });
