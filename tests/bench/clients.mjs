// The sockets of the targets as one thing: what came, in order, and how to write a comment.
//
// Both give { events, errors, comment(id, text), raw(frame), close() }; opening fails where the
// target refuses. A token of null is none. socket.io-client is loaded when it is needed, since only
// a prepared bench has it.

import { createHmac } from "node:crypto";
import WebSocket from "ws";

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token of these claims; `header` and `secret` may be wrong ones. */
export function sign(claims, secret, header = { alg: "HS256", typ: "JWT" }) {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

export const openers = { websocket: openWebSocket, socketio: openSocketIo };

async function openWebSocket(url, room, token) {
  const query = token === null ? "" : `?token=${token}`;
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/rooms/${room}/ws${query}`, {
    perMessageDeflate: false,
    closeTimeout: 300,
  });
  const [events, errors, waiting] = [[], [], new Map()];
  socket.on("message", (text) => {
    const frame = JSON.parse(text);
    if (frame.type === "event") events.push(frame.event);
    else if (frame.type === "ack") waiting.get(frame.id)(frame);
    else errors.push(frame);
  });
  await new Promise((done, fail) => socket.once("open", done).once("error", fail));
  return {
    events,
    errors,
    comment(id, text) {
      socket.send(JSON.stringify({ type: "comment", id, text }));
      return new Promise((done) => waiting.set(id, ({ id, seq }) => done({ id, seq })));
    },
    raw: (frame) => socket.send(JSON.stringify({ type: "comment", ...frame })),
    close: () => socket.terminate(),
  };
}

async function openSocketIo(url, room, token) {
  const { io } = await import("socket.io-client");
  const auth = token === null ? {} : { token };
  const socket = io(url, { transports: ["websocket"], auth, forceNew: true, reconnection: false });
  const [events, errors] = [[], []];
  socket.on("event", (event) => events.push(event));
  await new Promise((done, fail) => socket.once("connect", done).once("connect_error", fail));
  await socket.emitWithAck("join", { room });
  return {
    events,
    errors,
    comment: (id, text) => socket.emitWithAck("comment", { id, text, room }),
    raw: (frame) => socket.emit("comment", { room, ...frame }, (answer) => errors.push(answer)),
    close: () => socket.disconnect(),
  };
}
