// An inbox reads its mailbox over IMAP: a real server (Dovecot), a real Worker that is killed on the way.

import assert from "node:assert/strict";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { startImapServer } from "../harness/imap_server.mjs";
import { until } from "../harness/until.mjs";
import { folder, later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const MAILS = 320;

let delivered = 0;
/** Puts a mail into the mailbox, as its server does. */
function deliver(server, { id, raw } = {}) {
  delivered += 1;
  const number = id ?? delivered;
  const mail = raw ?? `From: Customer ${number} <customer${number}@people.example>
To: desk@acme.example
Subject: Question ${number}
Message-ID: <question${number}@people.example>
Date: Mon, 2 Nov 2026 12:00:00 +0000

Where is parcel ${number}?
`;
  const name = `${1_700_000_000 + delivered}.${delivered}.test`;
  writeFileSync(join(server.maildir, "tmp", name), mail.replaceAll(/\r?\n/g, "\r\n"));
  renameSync(join(server.maildir, "tmp", name), join(server.maildir, "new", name));
}

/** A workspace with an inbox. */
async function desk(url, name) {
  const owner = await register(url, name, { operator });
  const { token } = owner;
  const smtp = { host: "127.0.0.1", port: 9, security: "plain", password: "x" };
  const inbox = await data(url, "POST", "/v1/inboxes", { token, body: { email: "desk@acme.example", smtp, warmup: false } });
  return { token, path: `/v1/inboxes/${inbox.id}` };
}

test("a mailbox", { timeout: 400_000 }, async (t) => {
  const server = await startImapServer();
  later(t, () => server.stop());
  const persistTo = folder(t);
  let worker = await productWorker(undefined, { persistTo });
  later(t, () => worker.stop());
  const { token, path } = await desk(worker.url, "Acme");
  const mailbox = async () => (await data(worker.url, "GET", path, { token })).mailbox;
  const tickets = () => all(worker.url, "/v1/tickets", { token });
  const way = { host: "127.0.0.1", port: server.ports.imap, security: "plain", username: server.user, password: server.password };
  const connect = (body) => call(worker.url, "PUT", `${path}/mailbox`, { token, body: { ...way, ...body } });
  const events = async () => (await data(worker.url, "GET", "/v1/events?after=0&limit=100", { token })).events.map(({ type, data }) => ({ type, data }));
  const told = async (type) => (await events()).find((event) => event.type === type);

  await t.test("a wrong way in is refused by name, and a wrong password is shown and told", async () => {
    for (const [field, bad] of [
      ["host", { host: "no host" }], ["port", { port: 0 }], ["security", { host: "imap.example.com" }], ["password", { password: "" }],
      ["everyMinutes", { everyMinutes: 0 }], ["since", { since: 1 }],
    ]) {
      const { status, body } = await connect(bad);
      assert.deepEqual([status, body.error.details?.field], [422, field], JSON.stringify(body));
    }
    const wrong = await connect({ password: "hunter2" });
    assert.equal(wrong.status, 200, JSON.stringify(wrong.body));
    const failing = await until(async () => (await mailbox()).state === "stalled" && mailbox(), "the refusal");
    assert.match(failing.error, /LogIn/);
    assert.ok(!JSON.stringify(failing).includes("hunter2"));
    const event = await until(() => told("mailbox.stalled"), "the event");
    assert.match(event.data.error, /LogIn/);
    const synced = await data(worker.url, "POST", "/v1/admin/sync-emails", { token });
    assert.deepEqual([synced.inboxes, synced.failed, synced.taken, synced.unfinished], [1, 1, 0, 0]);
  });

  await t.test(`${MAILS} mails are all there once, although the Worker is killed three times on the way`, async () => {
    deliver(server, { id: "old" });
    await connect({ since: Date.now() - 3_600_000, everyMinutes: 1 });
    await until(() => told("mailbox.recovered"), "the event", 30_000);
    for (let number = 1; number <= MAILS; number++) deliver(server, { id: number });
    const ask = () => call(worker.url, "POST", "/v1/admin/sync-emails", { token }).catch(() => {});
    for (const enough of [20, 90, 180]) {
      const asked = ask();
      await until(async () => (await tickets()).length >= enough, `${enough} tickets`, 60_000);
      await worker.kill9();
      await asked;
      worker = await productWorker(undefined, { persistTo });
    }
    // It goes on by itself.
    await until(async () => (await mailbox()).state === "active" && (await tickets()).length > MAILS, "all tickets", 120_000);
    const subjects = (await tickets()).map(({ subject }) => subject).sort();
    const wanted = ["old", ...Array.from({ length: MAILS }, (_, at) => at + 1)].map((id) => `Question ${id}`).sort();
    assert.deepEqual(subjects, wanted);
    const { passedOver, failures } = await mailbox();
    assert.deepEqual([passedOver, failures], [[], 0]);
  });

  await t.test("who asks to read at once gets counts, and a mail that is there already stays once", async () => {
    for (const id of ["a", "b", 7]) deliver(server, { id });
    const synced = await data(worker.url, "POST", "/v1/admin/sync-emails", { token });
    assert.deepEqual(synced, { inboxes: 1, taken: 2, duplicates: 1, failed: 0, unfinished: 0 });
    assert.equal((await tickets()).length, MAILS + 3);
    const { lagMs, lastSyncAt, nextSyncAt } = await mailbox();
    assert.ok(lagMs < 30_000 && nextSyncAt > lastSyncAt, JSON.stringify({ lagMs, lastSyncAt, nextSyncAt }));
  });

  await t.test("what was read is left unread, and what is disconnected is not read", async () => {
    const flags = ["new", "cur"].flatMap((part) => readdirSync(join(server.maildir, part))).map((name) => name.split(":2,")[1] ?? "");
    assert.deepEqual([flags.length, flags.filter((flag) => flag.includes("S"))], [MAILS + 4, []]);
    const gone = await call(worker.url, "DELETE", `${path}/mailbox`, { token });
    assert.deepEqual([gone.status, gone.body.data.mailbox], [200, undefined]);
    deliver(server, { id: "late" });
    const synced = await data(worker.url, "POST", "/v1/admin/sync-emails", { token });
    assert.deepEqual([synced.inboxes, (await tickets()).length], [0, MAILS + 3]);
  });
});
