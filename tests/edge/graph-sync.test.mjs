// The stand-in of Graph's sync: delta, limits, and each scripted fault of a request.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ANN, BO, bring, graphClient, IMMUTABLE, is, round, standIn } from "../harness/graph_client.mjs";
import { until } from "../harness/until.mjs";

const MINUTE = 60_000;
const DELTA = "/me/mailFolders/inbox/messages/delta";

const subjects = (items) => items.map((item) => item.subject).sort((a, b) => a - b);
const sized = (size) => ({ prefer: `${IMMUTABLE}, odata.maxpagesize=${size}` });

test("a round of delta gives every message once, in pages; the next one what has changed", async (t) => {
  const { ann, ask } = await standIn(t);
  const mails = bring(ann, 7);
  const first = await round(ask, `${DELTA}?$select=subject`, sized(3));
  assert.deepEqual(
    [first.pages, subjects(first.items)],
    [
      [3, 3, 1],
      ["0", "1", "2", "3", "4", "5", "6"],
    ],
  );
  assert.notDeepEqual(
    first.items.map((item) => item.subject),
    subjects(first.items),
  ); // the order is nobody's promise
  assert.deepEqual(Object.keys(first.items[0]).sort(), ["@odata.etag", "@odata.type", "id", "subject"]);
  const quiet = await round(ask, first.deltaLink);
  assert.deepEqual(quiet.items, []);

  ann.change(mails[0], { isRead: true });
  ann.remove(mails[1]);
  ann.move(mails[2], "archive");
  ann.move(mails[3], "archive");
  ann.move(mails[3], "inbox");
  bring(ann, 1, 7);
  const { items } = await round(ask, quiet.deltaLink);
  const removed = Object.fromEntries(
    items.filter((item) => item["@removed"]).map((item) => [item.id, item["@removed"].reason]),
  );
  assert.deepEqual(removed, { [mails[1].immutableId]: "deleted", [mails[2].immutableId]: "changed" });
  assert.deepEqual(subjects(items.filter((item) => !item["@removed"])), ["0", "3", "7"]);
  assert.deepEqual(Object.keys(items.find((item) => item.subject === "7")).sort(), Object.keys(first.items[0]).sort());
});

test("without a wish a page has ten; with $orderby the newest come first; $filter is by date alone", async (t) => {
  const { ann, ask } = await standIn(t);
  const start = Date.parse("2026-01-01T00:00:00Z");
  for (let n = 0; n < 12; n += 1) ann.receive({ from: "c@d.test", subject: String(n), received: start + n * MINUTE });
  assert.deepEqual((await round(ask, DELTA)).pages, [10, 2]);
  const query = new URLSearchParams({
    $filter: "receivedDateTime ge 2026-01-01T00:09:00Z",
    $orderby: "receivedDateTime desc",
  });
  const newest = await round(ask, `${DELTA}?${query}`);
  assert.deepEqual(
    newest.items.map((item) => item.subject),
    ["11", "10", "9"],
  );
  ann.receive({ from: "c@d.test", subject: "old", received: start });
  assert.deepEqual((await round(ask, newest.deltaLink)).items, []);
  for (const wrong of [
    "$filter=isRead eq false",
    "$orderby=subject",
    "$search=x",
    "changeType=moved",
    "$top=0",
    "$expand=attachments",
    "$skip=1",
  ]) {
    is(await ask("GET", `${DELTA}?${wrong}`), 400, "ErrorInvalidUrlQuery");
  }
  is(await ask("GET", `${DELTA}?$select=sujet`), 400, "RequestBroker--ParseUri");
  is(await ask("GET", "/me/mailFolders/nowhere/messages/delta"), 404, "ErrorItemNotFound");
});

test("changeType narrows the rounds after the first", async (t) => {
  const { ann, ask } = await standIn(t);
  const mails = bring(ann, 3);
  const links = {};
  for (const type of ["created", "updated", "deleted"]) {
    const { items, deltaLink } = await round(ask, `${DELTA}?changeType=${type}`);
    assert.equal(items.length, 3);
    links[type] = deltaLink;
  }
  ann.change(mails[0], { isRead: true });
  ann.remove(mails[1]);
  bring(ann, 1, 3).forEach((mail) => ann.change(mail, { isRead: true })); // new and changed is new
  const ids = async (type) => (await round(ask, links[type])).items.map((item) => item.subject ?? item.id);
  assert.deepEqual(
    [await ids("created"), await ids("updated"), await ids("deleted")],
    [["3"], ["0"], [mails[1].immutableId]],
  );
});

test("a link takes no parameters, lives in its own folder and mailbox, and cannot be built", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  bring(ann, 4);
  const { json } = await ask("GET", DELTA, sized(2));
  const next = json["@odata.nextLink"];
  is(await ask("GET", `${next}&$select=subject`), 400, "ErrorInvalidUrlQuery");
  is(await ask("GET", `${next}&$top=5`), 400, "ErrorInvalidUrlQuery");
  is(await ask("GET", next.replace("inbox", "sentitems")), 400, "ErrorInvalidSyncStateData");
  is(await ask("GET", next.replace("skiptoken", "deltatoken")), 400, "ErrorInvalidSyncStateData");
  is(
    await ask(
      "GET",
      next.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    ),
    400,
    "ErrorInvalidSyncStateData",
  );
  const bo = graphClient(graph, graph.tokensFor(BO).accessToken);
  is(await bo("GET", next), 400, "ErrorInvalidSyncStateData");
  const rest = await round(ask, next);
  assert.equal(rest.items.length, 2); // none of these used it up
});

test("a link may be asked again until the one it led to was used; then it is gone", async (t) => {
  const { ann, ask } = await standIn(t);
  bring(ann, 3);
  const first = await round(ask, `${DELTA}?$select=subject`);
  bring(ann, 2, 3);
  const lost = await round(ask, first.deltaLink); // say that this answer was lost
  bring(ann, 1, 5);
  const again = await round(ask, first.deltaLink);
  assert.deepEqual(
    [subjects(lost.items), subjects(again.items)],
    [
      ["3", "4"],
      ["3", "4", "5"],
    ],
  );
  assert.deepEqual((await round(ask, again.deltaLink)).items, []);
  const gone = await ask("GET", first.deltaLink);
  is(gone, 410, "SyncStateNotFound");
  // The Location is the first call once more, with its parameters and an empty token.
  const full = await round(ask, gone.headers.get("location"));
  assert.deepEqual(
    [subjects(full.items), Object.keys(full.items[0]).includes("body")],
    [["0", "1", "2", "3", "4", "5"], false],
  );
});

test("links fall out of the cache: the oldest, and all when they are forgotten", async (t) => {
  const { graph, ann, ask } = await standIn(t, { limits: { deltaTokens: 3 } });
  bring(ann, 1);
  const links = [];
  for (let n = 0; n < 4; n += 1) links.push((await round(ask, DELTA)).deltaLink);
  is(await ask("GET", links[0]), 410, "SyncStateNotFound");
  is(await ask("GET", links[1]), 200, undefined);
  graph.forgetLinks(ANN);
  is(await ask("GET", links[3]), 410, "SyncStateNotFound");
});

test("ids in delta are of the kind that is asked for, page by page", async (t) => {
  const { ann, ask } = await standIn(t);
  const mails = bring(ann, 1);
  const { items, deltaLink } = await round(ask, DELTA, { prefer: null });
  assert.deepEqual(
    items.map((item) => item.id),
    [mails[0].mutableId],
  );
  const before = mails[0].mutableId;
  ann.move(mails[0], "archive");
  assert.deepEqual(
    (await round(ask, deltaLink, { prefer: null })).items.map((item) => item.id),
    [before],
  );
  assert.deepEqual(
    (await round(ask, deltaLink)).items.map((item) => item.id),
    [mails[0].immutableId],
  );
});

test("a message that goes away in the middle of a first round comes as removed", async (t) => {
  const { ann, ask } = await standIn(t);
  bring(ann, 4);
  const { json } = await ask("GET", DELTA, sized(2));
  const seen = new Set(json.value.map((item) => item.id));
  const other = ann.in("inbox").find((mail) => !seen.has(mail.immutableId));
  ann.remove(other);
  const { items } = await round(ask, json["@odata.nextLink"], sized(2));
  assert.deepEqual(
    items.filter((item) => item["@removed"]).map((item) => item.id),
    [other.immutableId],
  );
});

test("script: delta replays, gives one twice, gives empty pages, and is late", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  bring(ann, 5);
  graph.script({ on: "delta", fault: "empty" });
  graph.script({ on: "delta", after: 1, fault: "twice" });
  const first = await round(ask, DELTA, sized(3));
  assert.deepEqual([first.pages, first.items.length], [[0, 4, 2], 6]);
  assert.deepEqual(new Set(subjects(first.items)).size, 5);

  bring(ann, 1, 5);
  graph.script({ on: "delta", fault: "replay", items: 2 });
  const replayed = await round(ask, first.deltaLink);
  assert.equal(replayed.items.length, 3);
  assert.ok(subjects(replayed.items).includes("5"));

  bring(ann, 2, 6);
  graph.script({ on: "delta", fault: "late" });
  const late = await round(ask, replayed.deltaLink);
  assert.deepEqual(late.items, []);
  bring(ann, 1, 8);
  assert.deepEqual(subjects((await round(ask, late.deltaLink)).items), ["6", "7", "8"]);
  assert.deepEqual(
    [graph.scriptIsSpent, graph.faults.map((one) => one.fault)],
    [true, ["empty", "twice", "replay", "late"]],
  );
});

test("script: 410 in the middle of a round, and syncStateNotFound as another 40x", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  bring(ann, 6);
  graph.script({ on: "delta", after: 1, fault: "gone" });
  const { json } = await ask("GET", `${DELTA}?$select=subject`, sized(2));
  const gone = await ask("GET", json["@odata.nextLink"], sized(2));
  is(gone, 410, "SyncStateNotFound");
  const location = new URL(gone.headers.get("location"));
  assert.deepEqual([location.searchParams.get("$deltatoken"), location.searchParams.get("$select")], ["", "subject"]);
  assert.equal((await round(ask, location.href)).items.length, 6);
  graph.script({ on: "delta", fault: "syncStateNotFound" });
  const other = await ask("GET", json["@odata.nextLink"]);
  is(other, 404, "syncStateNotFound");
  assert.equal(other.headers.get("location"), null);
});

test("script: 429 with and without Retry-After, 503, 401, any refusal, tokens revoked", async (t) => {
  const { graph, ask } = await standIn(t);
  graph.script({ on: "list", fault: "throttled" });
  graph.script({ on: "list", fault: "throttled", retryAfter: 12 });
  graph.script({ on: "list", fault: "unavailable" });
  graph.script({ on: "list", fault: "unauthorized" });
  graph.script({ on: "list", fault: "refused", status: 500, code: "ErrorInternalServerError" });
  graph.script({ on: "any", after: 5, fault: "revoked" });
  const waits = async (status, code, wait) => {
    const answer = await ask("GET", "/me/messages");
    is(answer, status, code);
    assert.equal(answer.headers.get("retry-after"), wait);
  };
  await waits(429, "ApplicationThrottled", null);
  await waits(429, "ApplicationThrottled", "12");
  await waits(503, "ServiceUnavailable", null);
  await waits(401, "InvalidAuthenticationToken", null);
  await waits(500, "ErrorInternalServerError", null);
  is(await ask("GET", "/me"), 401, "InvalidAuthenticationToken");
  is(await ask("GET", "/me/messages"), 401, "InvalidAuthenticationToken"); // for good
});

test("script: another mailbox's, one of another operation, one that is not known", async (t) => {
  const { graph, ask } = await standIn(t);
  graph.script({ on: "list", fault: "throttled", mailbox: BO });
  graph.script({ on: "delta", fault: "throttled" });
  is(await ask("GET", "/me/messages"), 200, undefined);
  is(await graphClient(graph, graph.tokensFor(BO).accessToken)("GET", "/me/messages"), 429, "ApplicationThrottled");
  assert.equal(graph.scriptIsSpent, false);
  assert.throws(() => graph.script({ on: "lists", fault: "throttled" }), /no operation/);
  assert.throws(() => graph.script({ on: "list", fault: "gone" }), /has no fault/);
});

test("script: a message is sent and the answer is lost, late, or half; or nothing was done at all", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  const draft = async () => {
    const message = { subject: "x", toRecipients: [{ emailAddress: { address: BO } }] };
    return (await ask("POST", "/me/messages", { body: message })).json;
  };
  const send = ({ id }) => ask("POST", `/me/messages/${id}/send`);
  const folderOf = async ({ id }) =>
    (await ask("GET", `/me/messages/${id}?$select=parentFolderId`)).json.parentFolderId;
  const [one, two, three, four] = [await draft(), await draft(), await draft(), await draft()];
  graph.script({ on: "send", fault: "lost" });
  graph.script({ on: "send", after: 1, fault: "cut" });
  graph.script({ on: "send", after: 2, fault: "lost", late: true });
  graph.script({ on: "send", after: 3, fault: "slow" });
  await assert.rejects(send(one), TypeError);
  assert.deepEqual([graph.acceptedCount(one.internetMessageId), await folderOf(one)], [1, ann.folder("sentitems").id]);
  await assert.rejects(send(two), TypeError);
  assert.deepEqual([graph.acceptedCount(two.internetMessageId), await folderOf(two)], [0, ann.folder("drafts").id]);
  await assert.rejects(send(three), TypeError);
  assert.equal(graph.acceptedCount(three.internetMessageId), 1);
  is(await ask("GET", `/me/messages/${three.id}`), 404, "ErrorItemNotFound");
  const search = `/me/messages?${new URLSearchParams({ $filter: `internetMessageId eq '${three.internetMessageId}'` })}`;
  assert.deepEqual((await ask("GET", search)).json.value, []);
  assert.deepEqual([ann.in("outbox"), (await round(ask, DELTA.replace("inbox", "outbox"))).items], [[], []]);
  const answer = send(four);
  await until(() => graph.acceptedCount(four.internetMessageId) === 1, "the slow one is carried out");
  assert.equal(graph.asked("send").at(-1).status, undefined);
  graph.release();
  assert.equal((await answer).status, 202);
  assert.deepEqual(
    (await ask("GET", search)).json.value.map((it) => it.parentFolderId),
    [ann.folder("sentitems").id],
  );

  graph.script({ on: "sendMail", fault: "late" });
  const message = { subject: "y", toRecipients: [{ emailAddress: { address: BO } }] };
  is(await ask("POST", "/me/sendMail", { body: { message } }), 202, undefined);
  const before = ann.in("sentitems").length;
  graph.release();
  assert.equal(ann.in("sentitems").length, before + 1);
  graph.script({ on: "list", fault: "truncated" });
  await assert.rejects(ask("GET", "/me/messages"), TypeError);
});

test("four at once at a mailbox, and no fifth; another mailbox has its own four", async (t) => {
  const { graph, ask } = await standIn(t, { latencyMs: 30 });
  const bo = graphClient(graph, graph.tokensFor(BO).accessToken);
  const list = () => ask("GET", "/me/messages");
  const four = await Promise.all([list(), list(), list(), list(), bo("GET", "/me/messages")]);
  assert.deepEqual(
    four.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
  assert.deepEqual([graph.mostAtOnce(ANN), graph.mostAtOnce(BO)], [4, 1]);
  const nine = await Promise.all(Array.from({ length: 9 }, list));
  const refused = nine.filter(({ status }) => status === 429);
  assert.ok(refused.length >= 1 && nine.length - refused.length >= 4);
  is(refused[0], 429, "ApplicationThrottled");
  assert.match(refused[0].json.error.message, /MailboxConcurrency/);
  assert.equal(refused[0].headers.get("retry-after"), "1");
  assert.ok(graph.mostAtOnce(ANN) > 4);
  is(await list(), 200, undefined); // those refused are not counted on
});

test("requests and sends have their limits in time", async (t) => {
  const { graph, ask } = await standIn(t, {
    limits: { requestsPerTenMinutes: 5, sendsPerMinute: 2, retryAfter: undefined },
  });
  const message = { subject: "x", toRecipients: [{ emailAddress: { address: BO } }] };
  const send = () => ask("POST", "/me/sendMail", { body: { message } });
  is(await send(), 202, undefined);
  is(await send(), 202, undefined);
  const third = await send();
  is(third, 429, "ApplicationThrottled");
  assert.equal(third.headers.get("retry-after"), null);
  assert.equal(graph.accepted.length, 2);
  graph.advance(MINUTE);
  is(await send(), 202, undefined);
  is(await ask("GET", "/me"), 200, undefined);
  is(await ask("GET", "/me"), 429, "ApplicationThrottled");
  graph.advance(9 * MINUTE);
  is(await ask("GET", "/me"), 200, undefined);
});

test("every request is kept, with what it was and what became of it", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  bring(ann, 1);
  graph.script({ on: "delta", after: 1, fault: "lost" });
  await round(ask, DELTA);
  await assert.rejects(ask("GET", DELTA), TypeError);
  await ask("PATCH", "/me/messages/none", { body: { isRead: true } });
  const kept = graph.requests.map(({ op, mailbox, status, fault, code }) => [op, mailbox, status, fault, code]);
  assert.deepEqual(kept, [
    ["delta", ANN, 200, undefined, undefined],
    ["delta", ANN, "lost", "lost", undefined],
    ["patch", ANN, 404, undefined, "ErrorItemNotFound"],
  ]);
  assert.deepEqual(JSON.parse(graph.requests[2].body), { isRead: true });
  assert.equal(graph.requests[0].headers.prefer, IMMUTABLE);
});
