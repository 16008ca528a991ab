// The gateway: who asks, what for, and on to the room.

import { commentOf } from "./comment.js";
import { subject } from "./token.js";

export { Room } from "./room.js";

const COMMENTS = /^\/v1\/tickets\/([\w-]{1,64})\/comments$/;
const SOCKET = /^\/v1\/rooms\/([\w-]{1,64})\/ws$/;
const BODY_MAX = 1 << 20;

const refuse = (status, code) => Response.json({ error: code }, { status });

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/health") return Response.json({ ok: true });
    const comments = COMMENTS.exec(url.pathname);
    if (comments) return ticketComments(request, env, url, comments[1]);
    const socket = SOCKET.exec(url.pathname);
    if (socket) return join(request, env, url, socket[1]);
    return refuse(404, "not_found");
  },
};

async function ticketComments(request, env, url, room) {
  const [scheme, token] = request.headers.get("authorization")?.split(" ") ?? [];
  const actor = scheme === "Bearer" ? await subject(token, env.JWT_SECRET) : undefined;
  if (!actor) return refuse(401, "unauthorized");
  if (request.method === "GET") return list(env, url, room);
  if (request.method === "POST") return post(request, env, room, actor);
  return refuse(405, "method_not_allowed");
}

async function post(request, env, room, actor) {
  if (!request.headers.get("content-type")?.startsWith("application/json")) return refuse(415, "not_json");
  if (Number(request.headers.get("content-length")) > BODY_MAX) return refuse(413, "too_large");
  const text = commentOf(await request.text());
  if (text === undefined) return refuse(422, "invalid");
  return Response.json(await env.ROOMS.getByName(room).append(actor, text), { status: 201 });
}

async function list(env, url, room) {
  const limit = Number(url.searchParams.get("limit") ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) return refuse(422, "invalid");
  return Response.json({ items: await env.ROOMS.getByName(room).list(limit) });
}

async function join(request, env, url, room) {
  const actor = await subject(url.searchParams.get("token"), env.JWT_SECRET);
  if (!actor) return refuse(401, "unauthorized");
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return refuse(426, "upgrade_required");
  const headers = new Headers(request.headers);
  headers.set("x-actor", encodeURIComponent(actor));
  return env.ROOMS.getByName(room).fetch(new Request(request, { headers }));
}
