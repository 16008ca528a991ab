// What a customer's mail program does: hands mails to a server, over TLS, logged in.
//
//   const post = await smtpClient(server);      // { ports: {tls}, user, password, caFile }
//   await post.send({ from, to, raw });         // resolves when the server has taken it
//   post.close();

import { readFileSync } from "node:fs";
import { connect } from "node:tls";

/** A connection to a server; mails are handed over one after the other. */
export async function smtpClient({ ports, user, password, caFile }) {
  const socket = connect({ host: "127.0.0.1", port: ports.tls, servername: "localhost", ca: readFileSync(caFile) });
  let input = "";
  let waiting; // who waits for the next answer
  let failure;
  const look = () => {
    const end = /^\d{3} .*\r\n/m.exec(input);
    if (!waiting || (!end && !failure)) return;
    const { resolve, reject } = waiting;
    waiting = undefined;
    if (!end) return reject(failure);
    const answer = input.slice(0, end.index + end[0].length);
    input = input.slice(answer.length);
    resolve(answer);
  };
  socket.setEncoding("latin1").on("data", (text) => ((input += text), look()));
  const broke = (error) => ((failure = error ?? new Error("the server hung up")), look());
  socket.on("error", broke).on("close", () => broke());
  const next = () => new Promise((resolve, reject) => ((waiting = { resolve, reject }), look()));
  const say = async (line, wanted) => {
    if (line !== undefined) socket.write(`${line}\r\n`, "latin1");
    const answer = await next();
    if (!answer.startsWith(wanted)) throw new Error(`${line}: ${answer}`);
  };
  await say(undefined, "220");
  await say("EHLO customer.test", "250");
  await say(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString("base64")}`, "235");
  let turn = Promise.resolve();
  const hand = async ({ from, to, raw }) => {
    await say(`MAIL FROM:<${from}>`, "250");
    await say(`RCPT TO:<${to}>`, "250");
    await say("DATA", "354");
    const lines = raw.replaceAll(/\r?\n/g, "\r\n").replaceAll(/^\./gm, "..");
    await say(`${lines}\r\n.`, "250");
  };
  return {
    send: (mail) => (turn = turn.then(() => hand(mail))),
    close: () => socket.destroy(),
  };
}
