// npm run kill: people write, a campaign sends to 500 prospects through a real SMTP server, and the
// whole runtime is killed two hundred times meanwhile; in between D1, queues and the actors' own code
// fail. No write that was acknowledged may be lost or there twice, no mail may have left twice by the
// server's own log, nobody may be kept waiting; and most people must have got every mail, some kills
// have met a mail on its way, and each fault have come.
//
// KILLS, WRITES, PEOPLE, SEED and FAULTS (all, none, or names as in harness/kill/faults.mjs) choose
// others. Needs root on Debian or Ubuntu, for the mail server.

import { build } from "../gateway/dev/build.mjs";
import { chosen } from "./harness/kill/faults.mjs";
import { inWords, killRun, wasFelt } from "./harness/kill/run.mjs";

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);

const seed = number("SEED", Date.now() % 2 ** 32);
const names = chosen(process.env.FAULTS);
console.log(`SEED=${seed}`);
await build();
const began = Date.now();
const say = (text) => console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(5)} s  ${text}`);
const sizes = { kills: number("KILLS", 200), writes: number("WRITES", 10_000), people: number("PEOPLE", 500) };
const counts = await killRun({ ...sizes, seed, names, say, limitMs: 840_000 });
console.log(inWords(counts));
wasFelt(counts, names);
console.log("✔ all of it was felt, and nothing is lost or there twice");
