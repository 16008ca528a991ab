// npm run bench: Postroom beside what its users would pick instead, on this machine.
//
//   --rounds 3      how often each target is measured; the order rotates
//   --seconds 2     how long each phase is measured; `--rounds 1 --seconds 1` shows that all works
//   --out DIR       where the report goes (target/bench/report)
//   --data DIR      where targets keep their data (target/bench/data); /dev/shm takes the disk out
//   --targets a,b   only these
//   --phases a,b    only these
//
// Each round of a target begins with an empty folder: start, rooms, every phase, a count of fsyncs,
// a second start on the same folder, end. The driver is a program of its own (tests/src/bench), which
// says how busy it was. Results are kept after every target, so that an interrupted run loses one.

import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../../gateway/dev/port.mjs";
import { ROOT, run, say, Trouble } from "../../gateway/dev/tools.mjs";
import { coldStart, fsyncs, machine, pin, pinned, posted, rssMb } from "./machine.mjs";
import { FRAMES_MAX, postroom } from "./postroom.mjs";
import { targets as others } from "./targets/index.mjs";

const ROOMS = 200;
const TOKENS = 12;
const DRIVER = join(ROOT, "target", "sim", "bench");

const fanout = (sockets, writers, rate) => ({ kind: "fanout", rooms: 1, sockets, writers, ...(rate ? { rate } : {}) });

/** [name, title, unit, what the driver does]. */
const PHASES = [
  ["get", "A constant GET, 16 clients", "answers/s", { kind: "get", clients: 16 }],
  ["append-1", "Durable append, one room, 16 writers", "appends/s", { kind: "append", writers: 16, rooms: 1 }],
  ["append-16", "Durable append, 16 rooms, 16 writers", "appends/s", { kind: "append", writers: 16, rooms: 16 }],
  ["list", "A list of 50, 16 clients", "answers/s", { kind: "list", clients: 16 }],
  ["speak-16", "Durable append over the WebSocket, 16 rooms", "appends/s", { kind: "speak", rooms: 16 }],
  ["fanout-100-1", "Fan-out to 100 sockets, 1 writer", "deliveries/s", fanout(100, 1)],
  ["fanout-100-16", "Fan-out to 100 sockets, 16 writers", "deliveries/s", fanout(100, 16)],
  ["fanout-1000-1", "Fan-out to 1,000 sockets, 1 writer", "deliveries/s", fanout(1_000, 1)],
  ["fanout-1000-16", "Fan-out to 1,000 sockets, 16 writers", "deliveries/s", fanout(1_000, 16)],
  ["paced-100", "20 events a second to 100 sockets", "deliveries/s", fanout(100, 4, 20)],
  ["paced-1000", "20 events a second to 1,000 sockets", "deliveries/s", fanout(1_000, 4, 20)],
  ["joins", "1,000 sockets join a room", "joins/s", { kind: "join", sockets: 1_000 }],
  ["rooms-200", "200 rooms of 5 sockets, 16 writers", "deliveries/s", { kind: "fanout", rooms: ROOMS, sockets: 5, writers: 16 }],
];

/** [name, title, unit]. */
const MEASURES = [
  ["first-get", "Cold start: from the process's start to its first answer", "ms"],
  ["first-post", "The first append after that", "ms"],
  ["fsyncs", "Fsyncs per acknowledged append, one room, 16 writers", "per append"],
  ["rss-start", "Memory after the start", "MB"],
  ["rss-end", "Memory at the end of all phases", "MB"],
];

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    out: { type: "string", default: join(ROOT, "target", "bench", "report") },
    data: { type: "string", default: join(ROOT, "target", "bench", "data") },
    targets: { type: "string" },
    phases: { type: "string" },
  },
});
const rounds = positive("rounds");
const seconds = positive("seconds");
const [out, dataRoot] = [resolve(options.out), resolve(options.data)];

function positive(name) {
  const value = Number(options[name]);
  if (!(value > 0)) throw new Trouble(`--${name} ${options[name]}: a number above zero is wanted`);
  return value;
}

/** Those of `all` whose names an option lists; all where it is missing. */
function chosen(all, list, nameOf) {
  const names = list?.split(",");
  const unknown = names?.filter((name) => !all.some((one) => nameOf(one) === name)) ?? [];
  if (unknown.length > 0) throw new Trouble(`unknown: ${unknown.join(", ")}; there are ${all.map(nameOf).join(", ")}`);
  return names ? all.filter((one) => names.includes(nameOf(one))) : all;
}

const base64url = (value) => Buffer.from(value).toString("base64url");

function jwt(secret, sub) {
  const exp = Math.floor(Date.now() / 1000) + 7_200;
  const signed = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify({ sub, exp }))}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** What the driver has to know of a comparator; their rooms are there as soon as they are named. */
function comparator(target) {
  const speech = ["node", "python"].includes(target.name) ? "socketio" : "plain";
  const rooms = async (_, count, secret) =>
    Array.from({ length: count }, (_, n) => {
      const tokens = Array.from({ length: n === 0 ? TOKENS : 1 }, (_, agent) => jwt(secret, `agent-${n}-${agent}`));
      return { id: `room-${n}`, tokens };
    });
  return { ...target, speech, health: "/health", rooms };
}

/** Plays one phase; gives its outcome. */
function drive(scene) {
  const [command, ...args] = pinned([DRIVER, "drive"]);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  child.stdin.end(JSON.stringify(scene));
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => {
      if (code === 0) return done(JSON.parse(text));
      fail(new Trouble(`the driver failed in ${scene.phase.kind} (${code})`));
    });
  });
}

let calls = 0;

/** One round of one target; adds to `results`. */
async function measure(target, round, phases, results) {
  const dataDir = join(dataRoot, `${target.name}-${round}`);
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  const secret = randomBytes(32).toString("base64");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = () => target.start({ port, dataDir, secret });
  const note = (name, value) => results.measures.push({ round, target: target.name, name, value });
  let { target: running } = await coldStart(start, url + target.health);
  try {
    pin(running.pid);
    note("rss-start", rssMb(running.pid));
    const writes = target.name !== "bare";
    const rooms = writes ? await target.rooms(url, ROOMS, secret) : [];
    const scene = (phase, time, warm) => ({
      speech: target.speech, port, pids: [running.pid], health: target.health, rooms, phase,
      seconds: time, warmSeconds: warm, nonce: `b${process.pid}-${calls++}`,
    });
    for (const [name, , unit, phase] of phases) {
      if (!writes && phase.kind !== "get") continue;
      const limit = phase.kind === "speak" && target === postroom ? { frames_max: FRAMES_MAX } : {};
      const outcome = await drive(scene({ ...phase, ...limit }, seconds, Math.min(1, seconds / 2)));
      results.outcomes.push({ round, target: target.name, phase: name, outcome });
      const rate = Math.round(outcome.operations / Math.max(outcome.seconds, 1e-9)).toLocaleString("en");
      const wrong = Object.entries(outcome.errors).map(([what, count]) => `, ${count} × ${what}`).join("");
      const lost = (outcome.lost ?? 0) + outcome.disordered > 0 ? `, ${outcome.lost ?? 0} lost, ${outcome.disordered} out of order` : "";
      say(`round ${round} ${target.name} ${name}: ${rate} ${unit}, driver ${Math.round(outcome.busy * 100)} % busy${wrong}${lost}`);
    }
    note("rss-end", rssMb(running.pid));
    if (!writes) return;
    let appended;
    const phase = { kind: "append", writers: 16, rooms: 1 };
    const count = await fsyncs(running.pid, join(dataDir, "fsyncs"), async () => {
      appended = await drive(scene(phase, 1, 0));
    });
    if (count !== undefined && appended.accepted > 0) note("fsyncs", count / appended.accepted);
    await running.stop();
    const cold = await coldStart(start, url + target.health);
    running = cold.target;
    note("first-get", cold.firstGetMs);
    const { id, tokens } = rooms[0];
    const body = { [target === postroom ? "body" : "text"]: "first after the start" };
    const first = await posted(`${url}/v1/tickets/${id}/comments`, tokens[0], body);
    if (first.status !== 201) throw new Trouble(`the first append was answered by ${first.status}`);
    note("first-post", first.ms);
  } finally {
    await running.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function cargo() {
  const args = ["build", "--profile", "sim", "-p", "postroom-tests", "--bin", "bench"];
  const ran = await run("building the driver", "cargo", args);
  if (ran.code !== 0) throw new Trouble(`the driver was not built (log: ${ran.log}):\n${ran.tail.trim()}`);
}

async function main() {
  const began = Date.now();
  const phases = chosen(PHASES, options.phases, ([name]) => name);
  const wanted = chosen([postroom, ...others.map(comparator)], options.targets, ({ name }) => name);
  mkdirSync(dataRoot, { recursive: true });
  mkdirSync(out, { recursive: true });
  await cargo();
  const ready = [];
  const notes = [
    `${rounds} rounds in rotated order, ${seconds} s a phase after a warm-up; medians [least..most]; a ratio is of two figures of the same round`,
    "latencies are of all rounds together; in fan-out they run from the request to each delivery",
    "Postroom's own WebSocket appends are held to its limit of frames a second for each connection",
  ];
  for (const target of wanted) {
    try {
      await target.prepare();
      ready.push(target);
    } catch (e) {
      notes.push(`${target.name} is missing: ${e.message.split("\n")[0]}`);
      say(notes.at(-1));
    }
  }
  const shown = ([name, title, unit], isMeasure) => ({ name, title, unit, measure: isMeasure });
  const results = {
    date: new Date(began).toISOString().slice(0, 10),
    machine: machine(dataRoot),
    notes,
    targets: ready.map(({ name, what }) => ({ name, what })),
    phases: [...phases.map((phase) => shown(phase, false)), ...MEASURES.map((measure) => shown(measure, true))],
    outcomes: [],
    measures: [],
  };
  const file = join(out, "results.json");
  for (let round = 1; round <= rounds; round += 1) {
    for (let at = 0; at < ready.length; at += 1) {
      const target = ready[(at + round - 1) % ready.length];
      try {
        await measure(target, round, phases, results);
      } catch (e) {
        notes.push(`${target.name}, round ${round}, ended early: ${e.message.split("\n")[0]}`);
        say(notes.at(-1));
        process.exitCode = 1;
      }
      writeFileSync(file, JSON.stringify(results));
    }
  }
  notes.push(`it took ${Math.round((Date.now() - began) / 60_000)} minutes`);
  writeFileSync(file, JSON.stringify(results));
  const report = await run("the report", DRIVER, ["report", file, out]);
  if (report.code !== 0) throw new Trouble(`no report: ${report.tail.trim()}`);
  say(`the report: ${join(out, "report.md")}`);
}

try {
  await main();
  process.exit(); // a target's keep-alive sockets are no reason to stay
} catch (e) {
  if (!(e instanceof Trouble)) throw e;
  say(e.message);
  process.exit(1);
}
