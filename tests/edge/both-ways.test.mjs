// A support team's day over real servers: what customers write arrives (SMTP to Exim, IMAP from
// Dovecot), what the team answers leaves (SMTP to Exim), all of it once, through power cuts.
//
// Exim does what a provider does: what comes for the team lies in its mailbox, and what the team
// sends is kept in its folder of sent mail.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "../../examples/client.mjs";
import { all, call, data, register } from "../harness/api.mjs";
import { startImapServer } from "../harness/imap_server.mjs";
import { opened } from "../harness/mail.mjs";
import { smtpClient } from "../harness/smtp_client.mjs";
import { ensureExim, MAIL_USER, startSmtpServer } from "../harness/smtp_server.mjs";
import { pool, seeded, until } from "../harness/until.mjs";
import { folder, later, productWorker, VARS } from "../harness/worker.mjs";

const THREADS = Number(process.env.THREADS ?? 500);
const KILLS = 10;
const DESK = "support@desk.test";
const CUSTOMERS = Array.from({ length: 20 }, (_, n) => `customer${n}`);

const customer = (thread) => `${CUSTOMERS[thread % CUSTOMERS.length]}@desk.test`;

/** A customer's first mail. */
const question = (thread) => ({
  from: customer(thread),
  to: DESK,
  raw: `From: Customer <${customer(thread)}>
To: Acme <${DESK}>
Subject: Question ${thread}
Message-ID: <question${thread}@desk.test>
Date: ${new Date().toUTCString()}

Where is parcel ${thread}?
`,
});

/** A customer's answer to a mail, as mail programs write it: the thread in the header, the mail quoted below. */
function answer(thread, { header }) {
  const id = header["message-id"];
  return {
    from: customer(thread),
    to: DESK,
    raw: `From: Customer <${customer(thread)}>
To: ${header.from}
Subject: ${header.subject}
Message-ID: <answer${thread}@desk.test>
In-Reply-To: ${id}
References: ${[header.references, id].filter(Boolean).join("\n ")}
Date: ${new Date().toUTCString()}

And parcel ${thread}b?

On ${header.date}, ${header.from} wrote:
> It is on its way.
`,
  };
}

test(`${2 * THREADS} mails each way, none lost, none twice, through ${KILLS} power cuts`, { timeout: 1_500_000 }, async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);
  t.diagnostic(`SEED=${seed}`);
  const random = seeded(seed);
  ensureExim();
  const imap = await startImapServer({ user: "support", owner: MAIL_USER });
  later(t, () => imap.stop());
  const smtp = await startSmtpServer({ others: CUSTOMERS, provider: { localPart: "support", maildir: imap.maildir } });
  later(t, () => smtp.stop());
  const persistTo = folder(t);
  const authorities = join(folder(t), "authorities.pem");
  writeFileSync(authorities, readFileSync(smtp.caFile, "utf8") + readFileSync(imap.caFile, "utf8"));
  const env = { NODE_EXTRA_CA_CERTS: authorities };
  let worker = await productWorker(undefined, { persistTo, env });
  later(t, () => worker.stop());
  const { url, port } = worker;
  const { token, workspaceId } = await register(url, "Both Ways", { operator: VARS.ADMIN_TOKEN });
  let on = true; // while it is, everybody is at work
  later(t, () => (on = false));
  /** Asks until there is an answer, whatever happens to the Worker meanwhile. */
  const insist = async (method, path, options) => {
    for (;;) {
      assert.ok(on, "the test is over");
      const answered = await call(url, method, path, { token, ...options }).catch(() => undefined);
      if (answered?.body?.success) return answered.body.data;
      assert.ok(!answered || answered.status >= 500 || answered.status === 429, `${method} ${path}: ${JSON.stringify(answered?.body)}`);
      await wait(200);
    }
  };
  const way = { host: "127.0.0.1", port: smtp.ports.tls, security: "implicit_tls", username: smtp.user, password: smtp.password };
  const inbox = await data(url, "POST", "/v1/inboxes", { token, body: { email: DESK, displayName: "Acme", smtp: way, warmup: false } });
  const mailbox = { host: "127.0.0.1", port: imap.ports.tls, security: "implicit_tls", username: imap.user, password: imap.password };
  await data(url, "PUT", `/v1/inboxes/${inbox.id}/mailbox`, { token, body: { ...mailbox, everyMinutes: 1 } });

  const failures = [];
  const during = (work) => work().catch((error) => failures.push(error));

  // The team: whatever a customer writes is answered, once.
  const answered = new Map(); // a customer's comment -> the answer's
  const queue = [];
  const team = connect({ url, workspaceId, token, since: 0 });
  later(t, () => team.close());
  for (const wrong of ["gap", "reset"]) team.on(wrong, (it) => failures.push(new Error(`${wrong}: ${JSON.stringify(it)}`)));
  team.on("event", ({ type, data: told }) => {
    if (type === "comment.created" && told.comment.author.kind === "user") queue.push(told.comment);
  });
  const answers = Array.from({ length: 4 }, () => during(async () => {
    while (on) {
      const comment = queue.shift();
      if (!comment) await wait(20);
      else {
        const body = `It is on its way. (${comment.visibleBody ?? comment.body})`;
        const options = { body: { body }, headers: { "idempotency-key": `answer:${comment.id}` } };
        answered.set(comment.id, await insist("POST", `/v1/tickets/${comment.ticketId}/comments`, options));
      }
    }
  }));

  // The customers: they ask, and answer the first mail that comes back.
  const inFolder = () => readdirSync(smtp.maildir);
  const got = new Map(); // a file of their mailbox -> the mail
  const replied = new Set();
  const posts = await Promise.all(Array.from({ length: 4 }, () => smtpClient(smtp)));
  later(t, () => posts.forEach((post) => post.close()));
  const questions = during(() => pool(Array.from({ length: THREADS }, (_, n) => n), 4, (thread) => posts[thread % 4].send(question(thread))));
  const reading = during(async () => {
    while (on) {
      for (const file of inFolder()) {
        if (got.has(file)) continue;
        const mail = opened(readFileSync(join(smtp.maildir, file)));
        got.set(file, mail);
        const thread = Number(/Question (\d+)$/.exec(mail.header.subject)[1]);
        if (replied.has(thread)) continue;
        replied.add(thread);
        await posts[thread % 4].send(answer(thread, mail));
      }
      await wait(50);
    }
  });

  // Mail is fetched every minute by itself; nobody has to wait for that here.
  const syncing = during(async () => {
    while (on) {
      await call(url, "POST", "/v1/admin/sync-emails", { token }).catch(() => {});
      await wait(500);
    }
  });

  const moved = () => answered.size + got.size;
  const all4 = 4 * THREADS;
  for (let kill = 1; kill <= KILLS; kill++) {
    await until(() => moved() >= ((kill - 0.7) / KILLS) * all4 || failures.length > 0, `kill ${kill}`, 240_000);
    if (failures.length > 0) throw failures[0];
    await wait(random() * 300);
    await worker.kill9();
    worker = await productWorker(undefined, { persistTo, port, env });
  }
  const sends = (state) => all(url, `/v1/inboxes/${inbox.id}/sends${state ? `?state=${state}` : ""}`, { token });
  const count = async (state) => (await sends(state)).length;

  // What was under way when power was cut and did leave lies in the folder of sent mail: that settles
  // it. About the rest a person decides, who asks the provider. What did not leave is answered once more.
  const byCopy = new Set();
  let byPerson = 0;
  let again = 0;
  const isOver = async () => {
    if (failures.length > 0) throw failures[0];
    for (const send of await sends("unknown")) {
      await wait(1_000);
      if (smtp.log().includes(` id=${send.messageId}\n`)) {
        byCopy.add(send.id);
        continue;
      }
      const outcome = "notSent";
      const settled = await call(url, "POST", `/v1/inboxes/${inbox.id}/sends/${send.id}/resolve`, { token, body: { outcome } });
      assert.equal(settled.status, 200, JSON.stringify(settled.body));
      byPerson += 1;
      const { ticketId } = [...answered.values()].find((comment) => comment.mail.subject === send.subject);
      const lost = (await all(url, `/v1/tickets/${ticketId}/comments`, { token })).find(({ delivery }) => delivery?.sendId === send.id);
      assert.ok(lost, `the answer of ${send.id}`);
      await insist("POST", `/v1/tickets/${lost.ticketId}/comments`, { body: { body: lost.body }, headers: { "idempotency-key": `again:${lost.id}` } });
      again += 1;
    }
    return got.size >= 2 * THREADS && (await count("unknown")) === 0;
  };
  await until(isOver, "the end of all mail", 400_000);
  on = false;
  await Promise.all([...answers, questions, reading, syncing]);
  if (failures.length > 0) throw failures[0];

  // At the customers': each answer once, in its thread.
  const mails = [...got.values()];
  assert.equal(inFolder().length, 2 * THREADS);
  assert.equal(new Set(mails.map(({ header }) => header["message-id"])).size, 2 * THREADS);
  const bodies = mails.map(({ body }) => /It is on its way\. \((Where is parcel \d+\?|And parcel \d+b\?)\)/.exec(body)?.[1]).sort();
  const wanted = Array.from({ length: THREADS }, (_, n) => [`Where is parcel ${n}?`, `And parcel ${n}b?`]).flat().sort();
  assert.deepEqual(bodies, wanted);
  for (const { header, body } of mails) {
    const [, first, second] = /\((?:Where is parcel (\d+)\?|And parcel (\d+)b\?)\)/.exec(body);
    const before = first ? `<question${first}@desk.test>` : `<answer${second}@desk.test>`;
    assert.equal(header["in-reply-to"], before);
    assert.ok(header.references.endsWith(before) && header.references.startsWith(`<question${first ?? second}@desk.test>`), header.references);
    assert.equal(header.subject, `Re: Question ${first ?? second}`);
  }
  // At the team's: each thread is one ticket, with what was said in its order.
  const tickets = await all(url, "/v1/tickets", { token });
  assert.deepEqual(tickets.map(({ subject }) => subject).sort(), Array.from({ length: THREADS }, (_, n) => `Question ${n}`).sort());
  await pool(tickets, 8, async (ticket) => {
    const thread = /\d+$/.exec(ticket.subject)[0];
    const comments = await all(url, `/v1/tickets/${ticket.id}/comments`, { token });
    const said = comments.filter(({ delivery }) => delivery?.state !== "failed").map(({ body, visibleBody }) => (visibleBody ?? body).trim());
    const asked = [`Where is parcel ${thread}?`, `And parcel ${thread}b?`];
    const order = [asked[0], `It is on its way. (${asked[0]})`, asked[1], `It is on its way. (${asked[1]})`];
    // What was answered once more came later.
    const inOrder = again === 0 ? said : order.filter((one) => said.includes(one));
    assert.deepEqual([said.length, inOrder], [4, order], ticket.subject);
  });
  const unsent = (await sends()).filter(({ state }) => state !== "sent");
  assert.deepEqual(unsent.map(({ state }) => state), Array(again).fill("failed"));
  t.diagnostic(`${2 * THREADS} mails in, ${mails.length} out, ${KILLS} kills; ${byCopy.size} waited for their copies, ${byPerson} settled by a person and sent anew`);
});
