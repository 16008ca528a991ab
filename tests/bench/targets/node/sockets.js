// The rooms' sockets: Socket.IO, over WebSockets alone.

import Ajv from "ajv";
import { Server } from "socket.io";
import { frames } from "./schemas.js";

const ajv = new Ajv();
const [isJoin, isComment] = [ajv.compile(frames.join), ajv.compile(frames.comment)];

/** Takes sockets on the app's server; gives what tells a room of an event. */
export function openSockets(app, store) {
  const io = new Server(app.server, { transports: ["websocket"], serveClient: false });
  const tell = (event) => io.to(event.ticketId).emit("event", event);

  io.use((socket, next) => {
    try {
      socket.data.actor = app.jwt.verify(socket.handshake.auth.token).sub;
      next();
    } catch {
      next(new Error("unauthorized"));
    }
  });

  io.on("connection", (socket) => {
    socket.on("join", (frame, ack) => {
      if (typeof ack !== "function") return;
      if (!isJoin(frame)) return ack({ error: "invalid" });
      socket.join(frame.room);
      ack({ ok: true });
    });
    socket.on("comment", (frame, ack) => {
      if (typeof ack !== "function") return;
      if (!isComment(frame)) return ack({ error: "invalid" });
      if (!socket.rooms.has(frame.room)) return ack({ error: "not_joined" });
      const event = store.append(frame.room, socket.data.actor, frame.text);
      ack({ id: frame.id, seq: event.seq });
      tell(event);
    });
  });
  return { tell, close: () => io.close() };
}
