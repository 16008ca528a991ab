// npm run outreach: Postroom with everything that outreach needs around it, and no account anywhere.
//
// Beside the Worker run a real SMTP server (Exim) and a real IMAP server (Dovecot), strict stand-ins of
// Hunter, Apollo and MillionVerifier that know some people, and a receiver of alerts. The README's
// "Outreach tour" goes on from there. Where everything is stands in .state/outreach/env, to be read by a
// shell. Each start begins with empty storage. Needs Debian or Ubuntu, and root, as mail servers do;
// Exim and Dovecot are installed where they are missing, and never run by themselves.

import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../gateway/dev/build.mjs";
import { freePort } from "../gateway/dev/port.mjs";
import { main, setup } from "../gateway/dev/setup.mjs";
import { ROOT, say, Trouble } from "../gateway/dev/tools.mjs";
import { startWorker } from "../gateway/dev/worker.mjs";
import { startImapServer } from "../tests/harness/imap_server.mjs";
import { startAlerts } from "../tests/harness/providers/alerts.mjs";
import { startApollo } from "../tests/harness/providers/apollo.mjs";
import { startHunter } from "../tests/harness/providers/hunter.mjs";
import { startMillionVerifier } from "../tests/harness/providers/millionverifier.mjs";
import { ensureExim, MAIL_USER, startSmtpServer } from "../tests/harness/smtp_server.mjs";

const COSTS = "hunter.find=34000,hunter.search=10000,apollo.match=20000,millionverifier.verify=500";
const COMPANIES = { "bakery.test": "Bakery Ltd", "smithy.test": "Smithy & Sons", "florist.test": "Florist" };

const person = (first_name, last_name, domain, email) => ({ first_name, last_name, domain, email, company: COMPANIES[domain], score: 95 });

/** Whom Hunter knows. */
const AT_HUNTER = [
  person("Ann", "Lee", "bakery.test", "ann@bakery.test"),
  person("Dee", "Moe", "smithy.test", "dee@smithy.test"),
  person("Eve", "Fox", "florist.test", "eve@florist.test"),
  person("Flo", "Kay", "florist.test", "flo@florist.test"),
  person("Hal", "Poe", "bakery.test", "hal@bakery.test"),
  person("Ida", "Roe", "smithy.test", "ida@smithy.test"),
];
/** Whom only Apollo knows. */
const AT_APOLLO = [{ ...person("Ben", "Ray", "bakery.test", "ben@bakery.test"), organization_name: "Bakery Ltd", title: "Head of Doors" }];
/** Which addresses take mail, by MillionVerifier; no other does. Nobody tells Cy's: it is guessed. */
const TAKES_MAIL = ["ann", "ben", "hal"].map((name) => `${name}@bakery.test`)
  .concat(["dee", "ida", "cy.dow"].map((name) => `${name}@smithy.test`), "flo@florist.test");

/**
 * Starts all of it; gives { url, exited, alerts, stop() }. What it keeps is in `folder`, which is emptied
 * first: `env` for a shell, `alerts.log`, `worker.log`.
 */
export async function startOutreach({ folder, port, told = () => {} }) {
  const ends = [];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  const begun = async (starting) => {
    const one = await starting;
    ends.push(() => one.stop());
    return one;
  };
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const { imap, smtp } = await mailServers(begun);
    const { alerts, vars } = await standIns(begun, join(folder, "alerts.log"), told);
    const authorities = join(folder, "authorities.pem");
    writeFileSync(authorities, readFileSync(smtp.caFile, "utf8") + readFileSync(imap.caFile, "utf8"));
    const at = await freePort(port);
    const url = `http://127.0.0.1:${at}`;
    const secret = () => randomBytes(32).toString("base64");
    const all = { JWT_SECRET: secret(), SECRETS_KEY: secret(), ADMIN_TOKEN: secret(), PUBLIC_URL: url, ...vars };
    const persistTo = join(folder, "data");
    const env = { NODE_EXTRA_CA_CERTS: authorities };
    const worker = await begun(startWorker({ port: at, persistTo, vars: all, env, log: join(folder, "worker.log") }));
    writeFileSync(join(folder, "env"), shell({ URL: worker.url, ALERTS: join(folder, "alerts.log"), ...ways(smtp, imap) }));
    return { url: worker.url, exited: worker.exited, alerts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A server that sends for the team and takes the companies' mail, and one that has the team's mailbox. */
async function mailServers(begun) {
  if (process.getuid?.() !== 0) throw new Trouble("Exim and Dovecot want to be started by root: run this as root, or in a container");
  ensureExim();
  const imap = await begun(startImapServer({ user: "sales", owner: MAIL_USER }));
  const provider = { localPart: "sales", maildir: imap.maildir };
  const domains = { domain: "acme.test", otherDomains: Object.keys(COMPANIES) };
  return { imap, smtp: await begun(startSmtpServer({ ...domains, others: ["^[a-z]"], provider })) };
}

async function standIns(begun, log, told) {
  const hunter = await begun(startHunter({ people: AT_HUNTER }));
  const apollo = await begun(startApollo({ people: AT_APOLLO }));
  const verdicts = Object.fromEntries(TAKES_MAIL.map((address) => [address, "ok"]));
  const verifier = await begun(startMillionVerifier({ verdicts, otherwise: "invalid" }));
  writeFileSync(log, "");
  const keep = (alert) => {
    appendFileSync(log, `${JSON.stringify(alert)}\n`);
    told(alert);
  };
  const alerts = await begun(startAlerts({ told: keep }));
  const vars = {
    HUNTER_URL: hunter.url, HUNTER_API_KEY: hunter.key,
    APOLLO_URL: apollo.url, APOLLO_API_KEY: apollo.key,
    MILLIONVERIFIER_URL: verifier.url, MILLIONVERIFIER_API_KEY: verifier.key,
    PROVIDER_COSTS: COSTS,
    SITE_FACTS: "off", // these companies have no pages
    ALERT_WEBHOOK_URL: alerts.url, ALERT_WEBHOOK_SECRET: alerts.secret,
  };
  return { alerts, vars };
}

/** How an inbox sends and is read, as the API wants it; and how a customer's mail program sends. */
function ways(smtp, imap) {
  const way = ({ ports, user: username, password }) => ({ host: "127.0.0.1", port: ports.tls, security: "implicit_tls", username, password });
  return {
    SMTP: JSON.stringify(way(smtp)),
    IMAP: JSON.stringify({ ...way(imap), everyMinutes: 1 }),
    SMTP_URL: `smtps://127.0.0.1:${smtp.ports.tls}`,
    SMTP_LOGIN: `${smtp.user}:${smtp.password}`,
    SMTP_CA: smtp.caFile,
    MAILS: smtp.maildir,
  };
}

/** Variables as a shell reads them. */
const shell = (values) => Object.entries(values).map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'\n`).join("");

await main(import.meta.url, async () => {
  await build({ env: (await setup()).build });
  const told = (alert) => say(`an alert: ${JSON.stringify(alert)}`);
  say("starting Exim, Dovecot, the stand-ins and the Worker");
  const folder = join(ROOT, ".state", "outreach");
  const { url, exited, stop } = await startOutreach({ folder, port: Number(process.env.PORT || 8787), told });
  let asked = false;
  const end = async () => {
    if (asked) return;
    asked = true;
    await stop();
    process.exit(0);
  };
  process.on("SIGINT", end).on("SIGTERM", end).on("SIGHUP", end);
  exited.then(async (code) => {
    if (asked) return;
    say(`the Worker ended by itself (${code}); log: ${join(folder, "worker.log")}`);
    await stop();
    process.exit(1);
  });
  say(`listening on ${url}; where everything is stands in .state/outreach/env   (Ctrl-C stops all of it)`);
  say("next, in another terminal, the outreach tour of README.md");
});
