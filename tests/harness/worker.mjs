// What edge tests share: a Worker on a folder of its own that is gone after the test.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWorker } from "../../gateway/dev/worker.mjs";
import { ROOT } from "../../gateway/dev/tools.mjs";

/** Secrets of test Workers; nothing else in the world has them. */
export const VARS = {
  JWT_SECRET: "dGVzdC1zZWNyZXQtb2YtYXQtbGVhc3QtMzItYnl0ZXMh",
  SECRETS_KEY: "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
  ADMIN_TOKEN: "operator-token-of-the-tests",
  // Tests ask as fast as they can.
  WORKSPACE_LIMIT: "1000000/10",
  AGENT_LIMIT: "1000000/10",
  // Nobody answers there: no test asks the real DNS.
  DNS_URL: "https://127.0.0.1:9/dns-query",
  // Nor the sites of companies, unless it has some of its own.
  SITE_FACTS: "off",
};

/** The product's entry with more doors, for tests: what stands behind which is said there. */
export const MAIL_ENTRY = join(ROOT, "tests", "harness", "mail-entry.js");

const endings = new WeakMap();

/** Does `work` after the test `t`: what was begun last ends first, and one failure keeps no other from its turn. */
export function later(t, work) {
  const list = endings.get(t) ?? [];
  list.push(work);
  if (endings.has(t)) return;
  endings.set(t, list);
  t.after(async () => {
    const failures = [];
    for (const one of list.reverse()) await Promise.resolve().then(one).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  });
}

/** A folder that is removed after the test `t` (or by the caller, where `t` is missing). */
export function folder(t) {
  const dir = mkdtempSync(join(tmpdir(), "postroom-"));
  if (t) later(t, () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A product Worker for the test `t`, stopped after it. */
export async function productWorker(t, options = {}) {
  const persistTo = options.persistTo ?? folder(t);
  const { vars, ...rest } = options;
  const worker = await startWorker({ persistTo, vars: { ...VARS, ...vars }, ...rest });
  if (t) later(t, () => worker.stop());
  return { ...worker, persistTo };
}

/** The toy Worker for the test `t`, stopped after it. */
export async function toyWorker(t, options = {}) {
  const config = join(ROOT, "tests", "toy", "wrangler.toml");
  const persistTo = options.persistTo ?? folder(t);
  const worker = await startWorker({ config, readyPath: "/ready/count", ...options, persistTo });
  if (t) later(t, () => worker.stop());
  return { ...worker, persistTo };
}
