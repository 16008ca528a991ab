// The gateway: Hono's routes, each with its validators, in front of the rooms.

import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { jwt } from "hono/jwt";
import type { Room } from "./room";
import { Listing, NewComment, Params } from "./schemas";
import { Claims, subject } from "./token";

export { Room } from "./room";

export type Env = { ROOMS: DurableObjectNamespace<Room>; JWT_SECRET: string };

const app = new Hono<{ Bindings: Env; Variables: { actor: string } }>();

app.get("/health", (c) => c.json({ ok: true }));

app.use("/v1/tickets/*", (c, next) => jwt({ secret: c.env.JWT_SECRET, alg: "HS256" })(c, next));

// hono/jwt takes a token without an expiry or a subject; here both must be there.
app.use("/v1/tickets/*", async (c, next) => {
  const claims = Claims.safeParse(c.get("jwtPayload"));
  if (!claims.success) return c.json({ error: "unauthorized" }, 401);
  c.set("actor", claims.data.sub);
  await next();
});

app.post(
  "/v1/tickets/:room/comments",
  zValidator("param", Params),
  zValidator("json", NewComment),
  async (c) => {
    const room = c.env.ROOMS.getByName(c.req.valid("param").room);
    return c.json(await room.append(c.get("actor"), c.req.valid("json").text), 201);
  },
);

app.get(
  "/v1/tickets/:room/comments",
  zValidator("param", Params),
  zValidator("query", Listing),
  async (c) => {
    const room = c.env.ROOMS.getByName(c.req.valid("param").room);
    return c.json({ items: await room.list(c.req.valid("query").limit) });
  },
);

app.get("/v1/rooms/:room/ws", zValidator("param", Params), async (c) => {
  const actor = await subject(c.req.query("token"), c.env.JWT_SECRET);
  if (!actor) return c.json({ error: "unauthorized" }, 401);
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    return c.json({ error: "upgrade_required" }, 426);
  }
  const request = new Request(c.req.raw);
  request.headers.set("x-actor", encodeURIComponent(actor));
  return c.env.ROOMS.getByName(c.req.valid("param").room).fetch(request);
});

export default app;
