// Which profiles there are, what may be said of each, and how one is run and reported.

import { Trouble } from "../../gateway/dev/tools.mjs";
import { filesMax } from "./machine.mjs";
import * as backlog from "./profiles/backlog.mjs";
import * as idle from "./profiles/idle.mjs";
import * as importing from "./profiles/import.mjs";
import * as overload from "./profiles/overload.mjs";
import * as reconnect from "./profiles/reconnect.mjs";
import * as room from "./profiles/room.mjs";
import * as tenants from "./profiles/tenants.mjs";
import * as ticket from "./profiles/ticket.mjs";
import * as wake from "./profiles/wake.mjs";

export const PROFILES = { ticket, room, tenants, import: importing, wake, reconnect, backlog, overload, idle };

/** What `--scale` multiplies: how many there are of something, not how fast or how long. */
const SIZES = new Set(["sockets", "rooms", "tenants", "rows", "inboxes"]);

/** What is printed where no profile, or none that there is, was named. */
export function usage() {
  const of = ([name, { about, usual }]) => {
    const flags = Object.entries(usual).map(([flag, value]) => `--${flag} ${value}`);
    return `  ${name.padEnd(10)} ${about}\n  ${"".padEnd(10)} ${flags.join(" ")}`;
  };
  return `npm run load -- PROFILE [--seconds N] [--rate N] [--scale X] …\n\n${Object.entries(PROFILES).map(of).join("\n")}\n\n--scale X takes X times as many: ${[...SIZES].join(", ")}`;
}

/** What the command line says of a profile; `scale` is done with. */
export function options(name, args) {
  const { usual } = PROFILES[name];
  const chosen = { ...usual };
  let scale = 1;
  for (let at = 0; at < args.length; at += 2) {
    const flag = args[at].replace(/^--/, "");
    const value = Number(args[at + 1]);
    if (!args[at].startsWith("--") || !(value > 0)) throw new Trouble(`${args[at]} ${args[at + 1] ?? ""}: a flag and a number above 0 are wanted\n\n${usage()}`);
    if (flag === "scale") scale = value;
    else if (Object.hasOwn(usual, flag)) chosen[flag] = value;
    else throw new Trouble(`${name} knows no --${flag}\n\n${usage()}`);
  }
  for (const flag of Object.keys(chosen)) if (SIZES.has(flag)) chosen[flag] = Math.max(1, Math.round(chosen[flag] * scale));
  return chosen;
}

/** Runs a profile and prints its report; true where everything held. */
export async function load(name, chosen, say = (text) => console.log(text)) {
  const profile = PROFILES[name];
  const wanted = profile.files?.(chosen) ?? 4_096;
  if (filesMax() < wanted) throw new Trouble(`${name} needs ${wanted} open files, ${filesMax()} are allowed: raise ulimit -Hn, or take a smaller --scale`);
  const flags = Object.entries(chosen).map(([flag, value]) => `${flag} ${value}`).join(", ");
  say(`${name}: ${profile.about} (${flags})`);
  const began = Date.now();
  const { lines, problems } = await profile.run({ ...chosen, say });
  say(`\n${name}, after ${((Date.now() - began) / 1_000).toFixed(0)} s (${flags})`);
  for (const [what, text] of lines) say(`${what.padEnd(12)} ${text}`);
  for (const problem of problems) say(`✖ ${problem}`);
  if (problems.length === 0) say("✔ everything that was accepted is there, and nothing else went wrong");
  return problems.length === 0;
}
