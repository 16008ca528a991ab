// Mailboxes at Microsoft are read: every mail becomes one comment whatever Graph does on the way, and
// what somebody answers with Outlook stands in its ticket. Microsoft is the strict stand-in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { startGraph } from "../harness/graph.mjs";
import { until } from "../harness/until.mjs";
import { folder, later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const ANN = "ann@contoso.test";

/** A stand-in with Ann's mailbox, a Worker that survives power cuts, and a manager whose inbox it is. */
async function scene(t) {
  const graph = await startGraph({ mailboxes: [{ address: ANN, name: "Ann Lee" }], limits: { sendsPerMinute: 1e6 } });
  later(t, () => graph.stop());
  const persistTo = folder(t);
  const { vars } = graph;
  let worker = await productWorker(undefined, { persistTo, vars });
  later(t, () => worker.stop());
  const { url, port } = worker;
  graph.signIn(ANN);
  const { token } = await register(url, "Acme", { operator });
  const connect = async () => {
    const { url: to } = await data(url, "GET", "/v1/auth/microsoft", { token });
    const back = await fetch(to, { redirect: "manual" });
    const query = new URL(back.headers.get("location")).searchParams;
    return data(url, "GET", `/v1/auth/microsoft/callback?${query}`, { token });
  };
  const inbox = await connect();
  const ann = graph.mailbox(ANN);
  let brought = 0;
  const bring = (count) => {
    for (let n = 0; n < count; n += 1) {
      brought += 1;
      const messageId = `<question${brought}@customer.test>`;
      ann.receive({ from: `c${brought % 7}@customer.test`, subject: `Question ${brought}`, text: `Where is parcel ${brought}?`, messageId });
    }
  };
  const mailbox = async () => (await data(url, "GET", `/v1/inboxes/${inbox.id}`, { token })).mailbox;
  const sync = async () => {
    const known = (await mailbox()).readings;
    await call(url, "POST", "/v1/admin/sync-emails", { token });
    return until(async () => { const view = await mailbox(); return view.readings > known && view; }, "a reading");
  };
  const tickets = () => all(url, "/v1/tickets", { token });
  /** Reads until every mail that came is a ticket; says how often it was read. */
  const allRead = async (what) => {
    for (let readings = 1; readings < 40; readings += 1) {
      const view = await sync();
      const subjects = (await tickets()).map(({ subject }) => subject);
      if (subjects.length >= brought && view.error === undefined) {
        assert.equal(new Set(subjects).size, subjects.length, `${what}: twice`);
        assert.equal(subjects.length, brought, what);
        return readings;
      }
    }
    throw new Error(`${what}: ${JSON.stringify(await mailbox())}`);
  };
  const cutPower = async () => {
    await worker.kill9();
    worker = await productWorker(undefined, { persistTo, port, vars });
  };
  return { graph, ann, url, token, inbox, connect, bring, mailbox, sync, tickets, allRead, cutPower };
}

test("a mailbox at Microsoft is read from its log-in on", { timeout: 500_000 }, async (t) => {
  const { graph, ann, url, token, inbox, connect, bring, mailbox, sync, tickets, allRead, cutPower } = await scene(t);

  await t.test("by itself and from now on; it says so, and takes no password", async () => {
    const view = await until(async () => { const view = await mailbox(); return view?.state === "active" && view; }, "the first reading");
    assert.deepEqual([view.provider, view.host, view.username, view.everyMinutes], ["microsoft", "graph.microsoft.com", ANN, 3]);
    const put = (body) => call(url, "PUT", `/v1/inboxes/${inbox.id}/mailbox`, { token, body });
    const wrong = await put({ provider: "microsoft", password: "x" });
    assert.deepEqual([wrong.status, wrong.body.error.details.field], [422, "password"]);
    const bare = await put({ provider: "imap", host: "imap.example.com", port: 993 });
    assert.deepEqual([bare.status, bare.body.error.details.field], [422, "password"]);
    const changed = await put({ provider: "microsoft", everyMinutes: 1 });
    assert.deepEqual([changed.status, changed.body.data.mailbox.everyMinutes], [200, 1]);
  });

  await t.test("whoever reads, flags or files mails meanwhile, each is one ticket", async () => {
    bring(230);
    ann.in("inbox").forEach((message, at) => at % 2 && ann.change(message, { isRead: true }));
    await allRead("the first mails");
    const [first, second] = ann.in("inbox");
    ann.move(first, "archive");
    ann.move(first, "inbox");
    ann.change(second, { isRead: true });
    bring(2);
    await allRead("moved away and back");
    assert.ok(graph.asked("delta").every(({ headers }) => headers.prefer.includes("ImmutableId")));
    assert.ok(graph.mostAtOnce(ANN) <= 4, `${graph.mostAtOnce(ANN)} at once`);
  });

  await t.test("what Graph replays, empties, forgets, refuses and cuts changes nothing", async () => {
    const faults = [
      { on: "delta", fault: "replay", items: 50 }, { on: "delta", fault: "twice" }, { on: "delta", fault: "empty", times: 3 },
      { on: "delta", fault: "late" }, { on: "delta", fault: "gone" }, { on: "delta", fault: "gone", after: 1 },
      { on: "delta", fault: "syncStateNotFound" }, { on: "delta", fault: "syncStateNotFound", status: 400 }, { on: "delta", fault: "throttled" },
      { on: "delta", fault: "throttled", retryAfter: 1 }, { on: "delta", fault: "cut" }, { on: "delta", fault: "truncated" },
      { on: "delta", fault: "unauthorized" }, { on: "mime", fault: "unavailable" }, { on: "mime", fault: "throttled", after: 5 },
      { on: "mime", fault: "truncated", after: 2 }, { on: "mime", fault: "unauthorized", after: 3 },
    ];
    for (const fault of faults) {
      graph.script(fault);
      bring(13);
      await allRead(JSON.stringify(fault));
    }
    graph.forgetLinks(ANN);
    bring(3);
    await allRead("all links forgotten");
    assert.ok(graph.scriptIsSpent);
    assert.deepEqual((await mailbox()).passedOver, []);
  });

  await t.test("through power cuts in the middle of it", async () => {
    for (let cut = 0; cut < 3; cut += 1) {
      bring(120);
      const before = (await tickets()).length;
      const syncing = call(url, "POST", "/v1/admin/sync-emails", { token }).catch(() => {});
      await until(async () => (await tickets()).length > before + 10, "some mails");
      await cutPower();
      await syncing;
    }
    await allRead("after power cuts");
  });

  await t.test("an answer written with Outlook stands in its ticket, and nothing else that was sent", async () => {
    const ticket = (await tickets()).find(({ subject }) => subject === "Question 1");
    const comments = () => all(url, `/v1/tickets/${ticket.id}/comments`, { token });
    const sent = (messageId, subject, headers) =>
      ann.receive({ from: ANN, to: "c1@customer.test", subject, text: `${subject}, said Ann.`, messageId, headers, folder: "sentitems" });
    sent("<lunch@contoso.test>", "Lunch", {});
    sent("<re@contoso.test>", "Re: Question 1", { "In-Reply-To": "<question1@customer.test>" });
    const post = (body) => data(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token, body: { body } });
    const own = await post("Written here.");
    await until(async () => (await data(url, "GET", `/v1/comments/${own.id}`, { token })).delivery?.state === "sent", "our own mail", 30_000);
    const count = (await tickets()).length;
    for (let reading = 0; reading < 3; reading += 1) await sync();
    const said = await comments();
    assert.deepEqual(said.map(({ body }) => body.trim()).sort(), ["Re: Question 1, said Ann.", "Where is parcel 1?", "Written here."]);
    const byHand = said.find(({ body }) => body.includes("said Ann"));
    assert.deepEqual([byHand.author.kind, byHand.mail.wasSent, byHand.mail.from.address, byHand.delivery], ["system", true, ANN, undefined]);
    assert.equal((await tickets()).length, count);
    assert.equal(graph.accepted.length, 1, "it leaves no more");
    ann.receive({ from: "c1@customer.test", subject: "Re: Question 1", text: "Thank you.", headers: { "In-Reply-To": "<re@contoso.test>" } });
    await sync();
    assert.equal((await comments()).length, 4, "the answer to that lands there, too");
    sent("<other@contoso.test>", "Re: Elsewhere", { "In-Reply-To": "<elsewhere@customer.test>" });
    await sync();
    assert.equal((await tickets()).length, count, "what it answers is not here");
  });

  await t.test("tokens that are taken back stop it, and a new log-in reads on with nothing lost", async () => {
    graph.revoke(ANN);
    await sync();
    const stalled = await until(async () => { const view = await mailbox(); return view.state === "stalled" && view; }, "the stall");
    assert.match(stalled.error, /connect the mailbox again/);
    bring(5);
    await connect();
    await allRead("connected again");
    assert.equal((await mailbox()).state, "active");
  });
});
