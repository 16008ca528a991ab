// An SMTP server that a test holds in its hand: plain, on loopback, it waits where it is told to.
//
//   const server = await startSlowSmtp({ hold: "data" });  or { offer: ["SIZE 1000"] }: its extensions
//   server.way          how an inbox sends through it: the `smtp` of POST /v1/inboxes
//   server.mails        what it took: { from, to, raw }, also what it has not answered for
//   server.to(address)  those mails to an address, as texts: what was cut into lines put together again
//   await server.next() resolves when the next mail has been read whole
//   server.release()    answers what is held, and holds nothing from then on
//   await server.stop()

import { createServer } from "node:net";
import { joined } from "./mail.mjs";

export async function startSlowSmtp({ hold, offer = ["8BITMIME", "SIZE 10000000"] } = {}) {
  const mails = [];
  const sockets = new Set();
  const hooks = []; // waiting for the next mail
  const held = []; // answers that wait
  let holding = hold === "data";
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    session(socket, offer, (mail, answer) => {
      mails.push(mail);
      hooks.splice(0).forEach((done) => done(mail));
      if (holding) held.push(answer);
      else answer();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  return {
    port,
    way: { host: "127.0.0.1", port, security: "plain", password: "x" },
    mails,
    to: (address) => mails.filter((mail) => mail.to.includes(address)).map(({ raw }) => joined(raw)),
    next: () => new Promise((done) => hooks.push(done)),
    release() {
      holding = false;
      held.splice(0).forEach((answer) => answer());
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(done));
    },
  };
}

function session(socket, offer, taken) {
  const say = (line) => socket.writable && socket.write(`${line}\r\n`);
  let input = "";
  let mail;
  let reading = false; // the lines of a mail
  let logins = 0; // lines of a log-in that still come
  const line = (text) => {
    if (reading) {
      if (text !== ".") return void mail.lines.push(text.startsWith(".") ? text.slice(1) : text);
      reading = false;
      const { from, to, lines } = mail;
      return taken({ from, to, raw: lines.join("\r\n") }, () => say("250 2.0.0 taken"));
    }
    if (logins > 0) {
      logins -= 1;
      return say(logins > 0 ? "334 UGFzc3dvcmQ6" : "235 2.7.0 in");
    }
    const word = text.split(/[ :]/)[0].toUpperCase();
    const address = /<(.*)>/.exec(text)?.[1];
    switch (word) {
      case "EHLO":
        return say(["test", ...offer].map((line) => `250-${line}\r\n`).join("") + "250 AUTH PLAIN LOGIN");
      case "AUTH":
        if (/ LOGIN$/i.test(text)) return (logins = 2), say("334 VXNlcm5hbWU6");
        if (/ PLAIN$/i.test(text)) return (logins = 1), say("334 ");
        return say("235 2.7.0 in");
      case "MAIL":
        mail = { from: address, to: [], lines: [] };
        return say("250 2.1.0 ok");
      case "RCPT":
        if (address.startsWith("nobody")) return say("550 5.1.1 no such mailbox");
        mail.to.push(address);
        return say("250 2.1.5 ok");
      case "DATA":
        reading = true;
        return say("354 go on");
      case "QUIT":
        say("221 2.0.0 bye");
        return socket.end();
      default:
        return say("250 2.0.0 ok");
    }
  };
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    input += chunk;
    for (let end = input.indexOf("\r\n"); end >= 0; end = input.indexOf("\r\n")) {
      const text = input.slice(0, end);
      input = input.slice(end + 2);
      line(text);
    }
  });
  say("220 test ESMTP");
}
