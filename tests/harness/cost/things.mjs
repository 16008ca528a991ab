// What people and mails do on most days, each as something that can be measured alone.

import { call, data, register } from "../api.mjs";
import { startSlowSmtp } from "../slow_smtp.mjs";
import { dial } from "../socket.mjs";
import { until } from "../until.mjs";
import { VARS } from "../worker.mjs";

/** How often a thing is done where nothing else is said: the price is the mean. */
export const TIMES = 20;

/** A mail of a customer, as it is routed to the Worker. */
async function receive(url, { workspaceId }, n) {
  const raw = `From: writer${n}@writers.example\r\nSubject: Question ${n}\r\nMessage-ID: <${crypto.randomUUID()}@writers.example>\r\n`
    + "Content-Type: text/plain\r\n\r\nHow does it open?\r\n";
  const query = new URLSearchParams({ from: `writer${n}@writers.example`, to: `${workspaceId}@in.example` });
  const answer = await fetch(`${url}/test/email?${query}`, { method: "POST", body: raw });
  if (!answer.ok) throw new Error(`the mail was refused: ${await answer.text()}`);
}

/**
 * A workspace with tickets, inboxes and a person, and what is done in it.
 *
 * Gives { owner, socket, ticket, rows: [[name, work(n), times]], stop() }.
 */
export async function things(url) {
  const slow = await startSlowSmtp();
  const owner = await register(url, "Cost", { operator: VARS.ADMIN_TOKEN });
  const { token } = owner;
  const ask = (method, path, body) => data(url, method, path, { token, body });
  const post = (path, body, key) => data(url, "POST", path, { token, body, headers: key ? { "idempotency-key": key } : {} });
  const look = (path) => call(url, "GET", path, { token });
  const ticket = await post("/v1/tickets", { subject: "The door is stuck" });
  for (let n = 0; n < 60; n += 1) await post("/v1/tickets", { subject: `Ticket ${n}`, userEmail: `user${n % 7}@customer.example` });
  const inbox = await post("/v1/inboxes", { email: "desk@acme.example", smtp: slow.way, warmup: false });
  const warm = await post("/v1/inboxes", { email: "warm@acme.example", smtp: slow.way, warmup: true });
  // Whether a mail is out is seen at its server: to ask the inbox would be counted, too.
  const send = async (inbox, key) => {
    const before = slow.mails.length;
    await post(`/v1/inboxes/${inbox.id}/sends`, { to: ["ann@desk.test"], subject: "x", text: "x" }, key);
    await until(() => slow.mails.length > before, "the mail");
  };
  await send(inbox, "first");
  await send(warm, "first");
  await post("/api/prospects", { email: "pat@prospect.example", name: "Pat" });
  await ask("PATCH", "/v1/workspace", { replyInboxId: inbox.id });
  const asked = await post("/v1/tickets", { subject: "Who answers?", userEmail: "ann@customer.example" });
  const answer = async (key) => {
    const before = slow.mails.length;
    await post(`/v1/tickets/${asked.id}/comments`, { body: `Answer ${key}` }, key);
    await until(() => slow.mails.length > before, "the answer");
  };
  await answer("a-first");
  const socket = await dial(url, owner, { bearer: true });
  const change = (n) => ask("PATCH", `/v1/tickets/${ticket.id}`, { priority: n % 2 === 0 ? "high" : "low" });
  return {
    owner, socket, ticket,
    stop: async () => {
      await socket.close();
      await slow.stop();
    },
    rows: [
      ["a public comment over HTTP", (n) => post(`/v1/tickets/${ticket.id}/comments`, { body: `Comment ${n}` }, `c-${n}`)],
      ["a public comment over WebSocket", (n) => socket.command(`w-${n}`, { postComment: { ticketId: ticket.id, body: `Comment ${n}` } })],
      ["an answer that leaves as mail", (n) => answer(`a-${n}`), 5],
      ["a mail that comes in", (n) => receive(url, owner, n)],
      ["a ticket", (n) => post("/v1/tickets", { subject: `New ${n}` }, `t-${n}`)],
      ["a change of a ticket", change],
      ["a look at a ticket", async () => void (await look(`/v1/tickets/${ticket.id}`), await look(`/v1/tickets/${ticket.id}/comments`))],
      ["a list of 50 tickets", () => look("/v1/tickets?limit=50")],
      ["a WebSocket join (with its ticket)", async () => void (await (await dial(url, owner)).close())],
      ["a send, established inbox", (n) => send(inbox, `s-${n}`)],
      ["a send, inbox in warm-up", (n) => send(warm, `s-${n}`), 3],
      ["an import of a known person", (n) => post("/api/prospects", { email: "pat@prospect.example", name: "Pat" }, `p-${n}`)],
    ],
  };
}

/** Posts `each` comments from each of `writers` at once; waits for all answers. Gives how many there were. */
export async function burst(url, { owner, ticket }, writers, each) {
  const one = async (writer) => {
    for (let n = 0; n < each; n += 1) {
      const headers = { "idempotency-key": crypto.randomUUID() };
      await data(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token: owner.token, body: { body: `${writer}/${n}` }, headers });
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => one(writer)));
  return writers * each;
}

/** What a further socket adds to the crossings of a comment: none, unless deliveries cross one by one. */
export async function perDelivery(url, gauge, { owner, ticket }, { sockets = 20, comments = 5 } = {}) {
  const comment = () => data(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token: owner.token, body: { body: "Heard." } });
  const measure = async () => (await gauge.measure(comment, { times: comments })).answered.crossings;
  await gauge.measure(comment, { times: comments }); // the first ones arm an alarm
  const few = await measure();
  const listeners = [];
  for (let n = 0; n < sockets; n += 1) listeners.push(await dial(url, owner, { bearer: true }));
  const many = await measure();
  await Promise.all(listeners.map((listener) => listener.until(({ frames }) => frames.length > comments, "its events")));
  for (const listener of listeners) await listener.close();
  return { few, many, sockets, each: (many - few) / sockets };
}
