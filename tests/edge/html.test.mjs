// HTML mail, as an agent sees it: sixty hostile mails through the Worker into a real browser, where
// no script runs and no request leaves. That the probe sees scripts and requests is shown by the
// same mails as they were sent.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { all, call, data, join as invite, register } from "../harness/api.mjs";
import { openPage } from "../harness/browser.mjs";
import { until } from "../harness/until.mjs";
import { later, MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const MAILS = JSON.parse(readFileSync(join(ROOT, "tests", "corpus", "html", "hostile.json"), "utf8"));
const HOSTS = JSON.parse(readFileSync(join(ROOT, "tests", "corpus", "html", "hosts.json"), "utf8"));
const RAN = "/ran/";
const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

/** A server that gives the pages it is told to, and notes whatever else is asked for. */
async function trap(t) {
  const [pages, caught] = [new Map([["/favicon.ico", ""]]), []];
  const server = createServer((request, response) => {
    const page = pages.get(request.url);
    if (page === undefined) caught.push(request.url);
    response.writeHead(page === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" });
    response.end(page ?? "");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  later(t, () => (server.closeAllConnections(), new Promise((done) => server.close(done))));
  const host = `127.0.0.1:${server.address().port}`;
  return { host, url: `http://${host}`, pages, caught };
}

/** The HTML of a mail: a text, or texts of which some are repeated. */
function written(html, { host, url }) {
  const runs = typeof html === "string" ? [html] : html;
  const text = runs.map((run) => (typeof run === "string" ? run : run[0].repeat(run[1]))).join("");
  return text.replaceAll("{run}", `console.warn(${RAN})`).replaceAll("{trap}", url).replaceAll("{host}", host);
}

const lines = (bytes) => bytes.toString("base64").replaceAll(/(.{76})/g, "$1\r\n");

/** A mail of one part, in base64. */
const mail = (number, subject, type, body) => Buffer.from([
  "From: Mallory <mallory@evil.example>", "To: support@acme.example", `Subject: ${subject}`,
  `Message-ID: <${number}@evil.example>`, "MIME-Version: 1.0", `Content-Type: ${type}`,
  "Content-Transfer-Encoding: base64", "", lines(Buffer.from(body, "utf8")),
].join("\r\n"));

/** A workspace that takes mail: `take(raw)` gives the comment that the mail became. */
async function desk(url, name) {
  const owner = await register(url, name, { operator: VARS.ADMIN_TOKEN });
  const { token, workspaceId } = owner;
  const take = async (raw) => {
    const query = new URLSearchParams({ from: "mallory@evil.example", to: `${workspaceId}@in.example` });
    const answer = await fetch(`${url}/test/email?${query}`, { method: "POST", body: raw });
    assert.ok(answer.ok, await answer.text());
    const [ticket] = await data(url, "GET", "/v1/tickets?limit=1", { token });
    return (await all(url, `/v1/tickets/${ticket.id}/comments`, { token })).at(-1);
  };
  return { owner, token, take };
}

/** Whether a script ran. */
const ran = ({ complaints }) => complaints.some((text) => text.includes("console.warning"));
/** What a page asked for beside itself. */
const asked = ({ requests }, { url }, page) => requests.filter((address) => ![`${url}${page}`, `${url}/favicon.ico`].includes(address));

test("sixty hostile mails run nothing and ask for nothing, and would have", { timeout: 900_000 }, async (t) => {
  assert.ok(MAILS.filter(({ refused }) => !refused).length >= 60);
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  const server = await trap(t);
  const page = await openPage(t, "about:blank");
  if (!page) return;
  const { token, take } = await desk(url, "Hostile");
  const authorization = { authorization: `Bearer ${token}` };
  const [harmed, unharmed, harmless] = [[], [], []];
  for (const [number, { name, html, type = "text/html; charset=utf-8", live, refused }] of MAILS.entries()) {
    const raw = written(html, server);
    const comment = await take(mail(number, name, type, raw));
    const where = `/v1/comments/${comment.id}/html`;
    const { status, body, headers } = await call(url, "GET", where, { token });
    if (refused) {
      assert.deepEqual([status, body.error?.code], [413, "too_large"], name);
      continue;
    }
    assert.equal(status, 200, `${name}: ${JSON.stringify(body)}`);
    assert.match(headers.get("content-security-policy"), /default-src 'none'.* sandbox /, name);

    // As the Worker gives it.
    const given = await page.go(`${url}${where}`, authorization);
    assert.deepEqual(given, { requests: [`${url}${where}`], complaints: [] }, name);
    // In a page without any policy, which is worse than whatever a client makes of it.
    const bare = `/bare/${number}`;
    server.pages.set(bare, /<body>(.*)<\/body>/s.exec(body)[1]);
    const shown = await page.go(`${server.url}${bare}`);
    assert.deepEqual([asked(shown, server, bare), shown.complaints, server.caught], [[], [], []], name);
    const odd = await page.evaluate(ODD);
    assert.deepEqual(odd, [], name);
    harmless.push(name);

    // As it was sent.
    if (!live) continue;
    const sent = `/sent/${number}`;
    server.pages.set(sent, raw);
    const harm = await page.go(`${server.url}${sent}`);
    (ran(harm) || asked(harm, server, sent).length > 0 ? harmed : unharmed).push(name);
    server.caught.length = 0;
  }
  t.diagnostic(`${harmless.length} hostile mails came out harmless; ${harmed.length} of them do harm as they were sent`);
  assert.deepEqual(unharmed, [], "mails that are said to do harm as they were sent, and did none");
  assert.ok(harmed.length >= 45, `${harmed.length}`);
});

/** What is in the page that the list does not know: elements, handlers, addresses. */
const ODD = `[...document.querySelectorAll("*")].flatMap((one) => {
  const bad = ["SCRIPT", "STYLE", "LINK", "META", "BASE", "IFRAME", "OBJECT", "EMBED", "FORM", "INPUT", "svg", "math", "TEMPLATE", "NOSCRIPT"];
  const of = [...one.attributes].filter(({ name, value }) => /^on|^srcset$|^srcdoc$|^background$|^id$|^class$/.test(name)
    || (["href", "src"].includes(name) && !/^(https?|mailto|tel):/.test(value))
    || (name === "style" && /url|position|\\\\\\\\/i.test(value)));
  return [...(bad.includes(one.tagName) ? [one.tagName] : []), ...of.map(({ name, value }) => name + "=" + value)];
})`;

test("the HTML of a mail: who gets it, which images it shows, and where there is none", { timeout: 300_000 }, async (t) => {
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  const server = await trap(t);
  const { owner, token, take } = await desk(url, "Newsletter");
  const viewer = await invite(url, owner, "viewer", "Vic");
  const stranger = await register(url, "Elsewhere", { operator: VARS.ADMIN_TOKEN });
  const raw = Buffer.from([
    "From: Nell <nell@news.example>", "To: support@acme.example", "Subject: News", "Message-ID: <n1@news.example>", "MIME-Version: 1.0",
    'Content-Type: multipart/related; boundary="r"', "", "--r", 'Content-Type: multipart/alternative; boundary="a"', "",
    "--a", "Content-Type: text/plain", "", "News in plain words.", "--a", "Content-Type: text/html; charset=iso-8859-1", "Content-Transfer-Encoding: quoted-printable", "",
    `<h1 style=3D"color:#123456">Gr=FC=DFe</h1><img src=3D"cid:logo@news"><img src=3D"${server.url}/open.gif"><script>x</script>`,
    "--a--", "--r", "Content-Type: image/gif", "Content-ID: <logo@news>", "Content-Disposition: inline; filename=logo.gif", "Content-Transfer-Encoding: base64", "", PIXEL.toString("base64"), "--r--", "",
  ].join("\r\n"));
  const comment = await take(raw);
  assert.equal(comment.body, "News in plain words.");
  const where = `/v1/comments/${comment.id}/html`;

  const { status, headers, body } = await call(url, "GET", where, { token });
  assert.equal(status, 200, JSON.stringify(body));
  for (const [name, value] of [["content-type", "text/html; charset=utf-8"], ["x-content-type-options", "nosniff"], ["referrer-policy", "no-referrer"],
    ["cache-control", "no-store"], ["x-images-blocked", "1"]]) assert.equal(headers.get(name), value, name);
  assert.match(body, /<body><h1 style="color:#123456">Grüße<\/h1><img src="[^"]+\/files\/[^"]+"><img><\/body>/);
  assert.ok(!body.includes(server.host), body);

  // Whoever may read the comment gets it, and nobody else.
  assert.equal((await call(url, "GET", where, { token: viewer.token })).status, 200);
  assert.equal((await call(url, "GET", where)).status, 401);
  assert.equal((await call(url, "GET", where, { token: stranger.token })).status, 404);
  assert.equal((await call(url, "GET", `${where}?images=perhaps`, { token })).status, 422);
  assert.equal((await call(url, "GET", `${where}?image=true`, { token })).status, 422);
  assert.equal((await call(url, "POST", where, { token, body: {} })).status, 405);

  // In a browser: the mail's own image is shown; the other one only where it is asked for.
  const page = await openPage(t, "about:blank");
  if (page) {
    const authorization = { authorization: `Bearer ${token}` };
    const own = await page.go(`${url}${where}`, authorization);
    assert.deepEqual(own.complaints, []);
    assert.deepEqual(own.requests.map((address) => new URL(address).pathname.split("/")[1]), ["v1", "files"]);
    assert.deepEqual(server.caught, []);
    await page.go(`${url}${where}?images=true`, authorization);
    assert.deepEqual(server.caught, ["/open.gif"]);
  }

  // Where no HTML is, there is none: a mail of text alone, a comment that is no mail.
  const plain = await take(Buffer.from("From: Nell <nell@news.example>\r\nSubject: Plain\r\nMessage-ID: <n2@news.example>\r\n\r\nText."));
  const posted = await data(url, "POST", `/v1/tickets/${plain.ticketId}/comments`, { token, body: { body: "An answer." } });
  for (const one of [plain, posted]) {
    const none = await call(url, "GET", `/v1/comments/${one.id}/html`, { token });
    assert.deepEqual([none.status, none.body.error.message], [404, "this comment has no HTML; its body is all there is"]);
  }

  // Of a person who is erased, nothing is left to show.
  const ticket = await data(url, "GET", `/v1/tickets/${comment.ticketId}`, { token });
  await data(url, "POST", `/v1/users/${ticket.userId}/erase`, { token, body: {} });
  await until(async () => (await call(url, "GET", where, { token })).status === 404, "the mail is forgotten");
});

test("a link is kept where the runtime can read the name of its host, however that is spelt", { timeout: 300_000 }, async (t) => {
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  const { token, take } = await desk(url, "Links");
  // The last two only the runtime can judge: letters written from right to left.
  const hosts = [...HOSTS, ["\u05d0\u05d1\u05d2.example", "xn--4dbbc.example"], ["\u05d0\ufffd.example", null]];
  const html = hosts.map(([host], number) => `<p><a href="http://${host}/">n${number}</a>`).join("");
  const comment = await take(mail(1, "Links", "text/html; charset=utf-8", html));
  const { status, body } = await call(url, "GET", `/v1/comments/${comment.id}/html`, { token });
  assert.equal(status, 200, body);
  assert.equal([...body.matchAll(/>n\d+</g)].length, hosts.length);
  const kept = [...body.matchAll(/<a href="http:[^"]*"[^>]*>n(\d+)</g)].map(([, number]) => hosts[number][0]);
  assert.deepEqual(kept, hosts.filter(([, ascii]) => ascii !== null).map(([host]) => host));
});
