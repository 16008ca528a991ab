// The product's entry with faults that can be asked for: D1, queues and consumers that fail, and
// panics at named points. The product has none of this: its classes and bindings are only wrapped.
//
// A panic here is one: with panic=abort, Rust's is a call of the panic hook, which tells
// `__worker_init_state`, and then the instruction `unreachable`. Both happen here, on top of the
// frames of the product's own wasm; the instruction is that of trap.wasm, which has nothing else.
//
// `POST /test/faults?name=…&ms=…&times=…&skip=…` switches one on; `GET /test/faults` says how often
// each came. `GET /test/rows?workspace=…` gives what D1 has of a workspace's tickets.
import Worker, * as product from "../../../gateway/entry.js";
import trap from "./trap.wasm";

const QUEUES = ["PROSPECT", "ENRICHMENT", "EMAIL_FINDER", "AI", "SEND", "INBOUND", "DEAD_LETTER"];
const patched = new WeakSet();
const armed = new Map(); // name -> { ms, until, times, skip }
const came = {};
const { trap: unreachable } = new WebAssembly.Instance(trap).exports;

/** What the wasm is at: a command, timers, or else what it goes on with by itself, the outbox. */
let phase = "outbox";

/** Whether a fault is due here and now; gives what it was switched on with. Its time begins with its first chance. */
function due(name) {
  const fault = armed.get(name);
  if (!fault || fault.times < 1) return undefined;
  fault.until ??= Date.now() + fault.ms;
  if (Date.now() > fault.until) return undefined;
  if (fault.skip > 0) {
    fault.skip -= 1;
    return undefined;
  }
  fault.times -= 1;
  came[name] = (came[name] ?? 0) + 1;
  return fault;
}

function panic(point) {
  console.error(`panicked at ${point}, as was asked for`);
  globalThis.__worker_init_state.criticalError = true;
  unreachable();
}

/** Where a panic comes before what was written is committed, and where after. */
const BEFORE = { command: "panic-before-commit", timers: "panic-in-alarm", outbox: "panic-in-outbox" };
const AFTER = { command: "panic-after-commit", outbox: "panic-after-outbox" };

/** Replaces a method of a prototype, for everything that has it. */
function patch(proto, name, wrap) {
  const original = proto[name];
  if (typeof original === "function") proto[name] = wrap(original);
}

/** The prototype of a thing, where it is met for the first time. */
function fresh(thing) {
  const proto = Object.getPrototypeOf(thing);
  if (patched.has(proto)) return undefined;
  patched.add(proto);
  return proto;
}

function hurtStorage(storage) {
  const proto = fresh(storage);
  if (!proto) return;
  patch(proto, "transactionSync", (transactionSync) => function (body) {
    const at = phase;
    const given = transactionSync.call(this, () => {
      const result = body();
      if (due(BEFORE[at])) panic(BEFORE[at]);
      return result;
    });
    if (due(AFTER[at])) panic(AFTER[at]);
    return given;
  });
}

const OF_D1 = ["d1-fails", "d1-hangs", "d1-answer-lost"];

/** Asks D1, as it stands: of faults that are on together, the one comes that came least, or none would leave the others a chance. */
async function ask(work) {
  const names = OF_D1.filter((name) => armed.has(name)).sort((a, b) => (came[a] ?? 0) - (came[b] ?? 0));
  const name = names.find(due);
  const { until } = armed.get(name) ?? {};
  if (name === "d1-fails") throw new Error("D1_ERROR: not now, as was asked for");
  if (name === "d1-hangs") await new Promise((done) => setTimeout(done, until - Date.now()));
  const answer = await work();
  if (name === "d1-answer-lost") throw new Error("D1_ERROR: the answer is lost, as was asked for");
  return answer;
}

function hurtD1(db) {
  const proto = fresh(db);
  if (!proto) return;
  const statement = Object.getPrototypeOf(db.prepare("select 1"));
  const hurt = (method) => function (...args) {
    return ask(() => method.apply(this, args));
  };
  for (const name of ["run", "all", "first", "raw"]) patch(statement, name, hurt);
  patch(proto, "batch", hurt);
}

function hurtQueues(env) {
  for (const name of QUEUES) {
    const proto = fresh(env[`${name}_QUEUE`]);
    if (!proto) continue;
    const hurt = (method) => async function (...args) {
      if (due("queue-fails")) throw new Error("the queue takes nothing, as was asked for");
      return method.apply(this, args);
    };
    for (const send of ["send", "sendBatch"]) patch(proto, send, hurt);
  }
}

function during(name, work) {
  const before = phase;
  phase = name;
  try {
    return work();
  } finally {
    phase = before;
  }
}

function actor(name) {
  return class extends product[name] {
    constructor(ctx, env) {
      hurtStorage(ctx.storage);
      hurtD1(env.DB);
      hurtQueues(env);
      super(ctx, env);
      const core = this.core;
      this.core = {
        run: (batch) => during("command", () => core.run(batch)),
        join: (connect) => during("command", () => core.join(connect)),
        leave: (seat) => during("command", () => core.leave(seat)),
        timers: (skip) => during("timers", () => core.timers(skip)),
        begin: () => core.begin(),
        carry_out: () => core.carry_out(),
        slow: () => core.slow(),
      };
    }
  };
}

export const WorkspaceRoom = actor("WorkspaceRoom");
export const InboxState = actor("InboxState");
export const WarmupCounter = actor("WarmupCounter");
export const RateLimiter = actor("RateLimiter");
export const ProspectDedup = actor("ProspectDedup");

export default class extends Worker {
  async fetch(request) {
    hurtD1(this.env.DB);
    hurtQueues(this.env);
    const { pathname, searchParams: query } = new URL(request.url);
    if (pathname === "/test/rows") {
      const rows = "select id, version, deleted, number, subject, status, comments from tickets where workspace_id = ? order by id";
      const { results } = await this.env.DB.prepare(rows).bind(query.get("workspace")).all();
      return Response.json(results);
    }
    if (pathname !== "/test/faults") return super.fetch(request);
    if (request.method === "POST") {
      const number = (name) => Number(query.get(name) ?? Infinity);
      const skip = Number(query.get("skip") ?? 0);
      armed.set(query.get("name"), { ms: number("ms"), times: number("times"), skip });
    }
    return Response.json(came);
  }

  /** A consumer that fails has done nothing yet, or all of it, in turn. */
  async queue(batch) {
    hurtD1(this.env.DB);
    hurtQueues(this.env);
    const fails = due("consumer-fails");
    const first = fails && came["consumer-fails"] % 2 === 1;
    if (!first) await super.queue(batch);
    if (fails) throw new Error("the consumer fails, as was asked for");
  }
}
