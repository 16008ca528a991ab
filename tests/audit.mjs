// npm run audit: what is known against the crates and packages that Postroom is built of. cargo-deny
// by deny.toml (advisories, bans, licences, sources), built once a machine, and `npm audit` by
// tests/npm-exceptions.json. Both need lists from the network; one that cannot be fetched fails the
// command, for nothing was looked at. `npm run audit -- --offline` leaves out what needs them, and
// says so.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cargoTool, main, tidyCache } from "../gateway/dev/setup.mjs";
import { ROOT, Trouble } from "../gateway/dev/tools.mjs";

const CARGO_DENY_VERSION = "0.20.2";

/** Runs cargo-deny over the product; gives what failed. */
async function crates(offline) {
  const deny = await cargoTool("cargo-deny", CARGO_DENY_VERSION, "cargo-deny");
  tidyCache();
  const failed = [];
  for (const check of offline ? ["bans", "licenses", "sources"] : ["advisories", "bans", "licenses", "sources"]) {
    const { status, stderr } = spawnSync(deny, ["--locked", "--color", "never", "check", check], { cwd: ROOT, encoding: "utf8" });
    if (status === 0) console.log(`crates, ${check}: nothing against them`);
    else failed.push(`crates, ${check}`) && console.log(`crates, ${check}: FAILED\n${stderr}`);
    if (check === "advisories" && /failed to fetch advisory database/.test(stderr)) {
      console.log("  the list of advisories is at github.com/rustsec/advisory-db: without it nothing was looked at");
    }
  }
  return failed;
}

/** Advisories about packages that nobody has looked at, as `npm audit --json` tells them. */
export function unreviewed(report, exceptions) {
  const found = Object.values(report.vulnerabilities).flatMap(({ name, via }) =>
    via.filter((one) => typeof one === "object").map(({ url, title }) => ({ name, url, title })),
  );
  const known = new Set(exceptions.map(({ url }) => url));
  return {
    open: found.filter(({ url }) => !known.has(url)),
    stale: exceptions.filter(({ url }) => !found.some((one) => one.url === url)),
  };
}

/** Asks the registry about the packages of package-lock.json; gives what failed. */
function packages() {
  const exceptions = JSON.parse(readFileSync(join(ROOT, "tests", "npm-exceptions.json"), "utf8"));
  const { stdout, stderr } = spawnSync("npm", ["audit", "--json"], { cwd: ROOT, encoding: "utf8" });
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    report = {};
  }
  if (!report.vulnerabilities) {
    console.log(`packages: FAILED: the registry tells of no advisories, so nothing was looked at\n${stderr.slice(0, 500)}`);
    return ["packages"];
  }
  const { open, stale } = unreviewed(report, exceptions);
  for (const { name, url, title } of open) console.log(`packages: ${name}: ${title} (${url})`);
  for (const { url } of stale) console.log(`packages: the exception for ${url} is for nothing`);
  if (open.length + stale.length > 0) return ["packages"];
  console.log(`packages: nothing against them but ${exceptions.length} exceptions`);
  return [];
}

await main(import.meta.url, async () => {
  const offline = process.argv.includes("--offline");
  const failed = await crates(offline);
  if (offline) console.log("NOT LOOKED AT, for it needs the network: advisories about crates, and about packages");
  else failed.push(...packages());
  if (failed.length > 0) throw new Trouble(`the audit failed: ${failed.join("; ")}`);
  console.log(offline ? "the audit that needs no network is passed" : "the audit is passed");
});
