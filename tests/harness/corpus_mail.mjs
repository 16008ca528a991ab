// Cases of bad mail: delivered to a workspace of their own, which shows what became of them.
// tests/corpus/bad/README.md says how they are written.

import assert from "node:assert/strict";
import { all, call } from "./api.mjs";
import { until } from "./until.mjs";

/** What becomes of a mail, in the words of a case. */
const FATES = new Set(["ticket", "comment", "report", "nothing", "refusal"]);
/** What no HTML of a mail may have, whatever it came with. */
const TAGS = /<(script|svg|base|iframe|object|embed|form|style|link|meta)\b/i;
const WORDS = /\son\w+\s*=|srcdoc|position\s*:|javascript:/i;
/** What no line that is shown may have: controls. */
const CONTROLS = /[\0-\x1f\x7f]/;

/** A value with only those fields that another one names. */
function like(value, wanted) {
  if (value === null || typeof value !== "object" || wanted === null || typeof wanted !== "object") return value;
  if (Array.isArray(wanted)) return value.map((one, n) => (n in wanted ? like(one, wanted[n]) : one));
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, like(value[name], wanted[name])]));
}

/**
 * Delivers mails to a Worker with the doors of mail-entry.js.
 *
 * desk      a session of the workspace that gets them
 * fill      puts in what {…} stands for
 * content   gives the bytes of a case
 */
export function postman({ url, desk: { token }, fill, content }) {
  const held = async () => {
    const tickets = await all(url, "/v1/tickets?sort=createdAt", { token });
    const reports = await all(url, "/v1/unparseable-mails", { token });
    return { tickets, reports, comments: tickets.reduce((sum, ticket) => sum + ticket.comments, 0) };
  };
  const commentsOf = ({ id }) => all(url, `/v1/tickets/${id}/comments`, { token });
  const isAnswer = ({ source }) => source !== "mail";

  async function deliver({ from = "ann@customer.example", to = "{desk}@in.example" }, raw) {
    const query = new URLSearchParams({ from: fill(from), to: fill(to) });
    const answer = await fetch(`${url}/test/email?${query}`, { method: "POST", body: raw });
    return { status: answer.status, text: await answer.text() };
  }

  /** The ticket that a mail opened, or wrote on. */
  function touched(before, after) {
    const known = new Map(before.tickets.map((ticket) => [ticket.id, ticket.comments]));
    return after.tickets.find(({ id, comments }) => known.get(id) !== comments);
  }

  /** What agents see of a comment: its text, and its HTML, which is there where a case has words of it. */
  async function shown({ file, html: words }, ticket, comment) {
    assert.ok(!CONTROLS.test(ticket.subject), `${file}: ${JSON.stringify(ticket.subject)}`);
    assert.ok(!/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(comment.body), `${file}: controls in its text`);
    const { status, body: html } = await call(url, "GET", `/v1/comments/${comment.id}/html`, { token });
    assert.ok([200, 404, 413].includes(status), `${file}: its HTML: ${status}`);
    assert.equal(status === 200, words !== undefined, `${file}: its HTML: ${status}`);
    if (status !== 200) return `${ticket.subject}\n${comment.body}`;
    assert.ok(html.includes("<body"), `${file}: a page`);
    const page = html.slice(html.indexOf("<body"));
    for (const word of words) assert.ok(page.includes(word), `${file}: no ${word} in ${page.slice(0, 500)}`);
    for (const harm of [TAGS, WORDS]) assert.ok(!harm.test(page), `${file}: ${harm.exec(page)} in its HTML`);
    return `${ticket.subject}\n${comment.body}\n${page}`;
  }

  /** Looks at what a mail became. */
  async function look(one, before, after) {
    const ticket = touched(before, after);
    const comment = (await commentsOf(ticket)).findLast((said) => !isAnswer(said));
    if (one.ticket) assert.deepEqual(like(ticket, one.ticket), fill(one.ticket), `${one.file}: its ticket`);
    if (one.comment) assert.deepEqual(like(comment, one.comment), fill(one.comment), `${one.file}: its comment`);
    const text = await shown(one, ticket, comment);
    const start = text.slice(0, 500);
    for (const words of one.contains ?? []) assert.ok(text.includes(fill(words)), `${one.file}: no ${words} in ${start}`);
    for (const words of one.lacks ?? []) assert.ok(!text.includes(fill(words)), `${one.file}: ${words} is in it`);
    if (one.answered) await until(async () => (await commentsOf(ticket)).some(isAnswer), `${one.file}: an answer`);
  }

  /** Delivers a case's mail, as often as it says, and checks what becomes of it. */
  async function play(one) {
    const fates = typeof one.becomes === "string" ? { [one.becomes]: one.times ?? 1 } : one.becomes;
    for (const fate of Object.keys(fates)) assert.ok(FATES.has(fate), `${one.file}: what is ${fate}?`);
    const { ticket = 0, comment = 0, report = 0, refusal = 0 } = fates;
    const before = await held();
    const raw = content(one) ?? "";
    const copy = (n) => (one.times ? String(raw).replaceAll("{copy}", n) : raw);
    const answers = await Promise.all(Array.from({ length: one.times ?? 1 }, (_, n) => deliver(one.mail, copy(n))));
    const statuses = answers.map(({ status }) => status);
    const wanted = answers.map((_, n) => (n < refusal ? 400 : 200));
    assert.deepEqual(statuses, wanted, `${one.file}: ${answers[0].text.slice(0, 300)}`);
    if (one.reason && refusal) assert.equal(answers[0].text, one.reason, one.file);
    const after = await held();
    const more = (name) => after[name].length - before[name].length;
    assert.deepEqual([more("tickets"), more("reports")], [ticket, report], `${one.file}: new tickets, new reports`);
    // An answer of ours may be there already.
    if (!one.answered) assert.equal(after.comments - before.comments, ticket + comment, `${one.file}: new comments`);
    if (report) {
      const news = after.reports.find(({ number }) => !before.reports.some((known) => known.number === number));
      assert.equal(news.reason, one.reason, one.file);
      assert.equal(news.bytesCount, Buffer.byteLength(raw), one.file);
    }
    if (ticket || comment) await look(one, before, after);
  }

  /** Checks that no machine's mail was answered. */
  async function quiet() {
    const machines = (await held()).tickets.filter(({ tags }) => tags.includes("automatic"));
    assert.ok(machines.length > 0, "machines wrote");
    for (const ticket of machines) {
      assert.ok(!(await commentsOf(ticket)).some(isAnswer), `${ticket.subject} was answered`);
    }
  }

  return { play, quiet };
}
