// The product's entry with a meter: it counts what Cloudflare would charge for.
//
// `GET /test/cost` gives the counters since the last `POST /test/cost` and the alarms that are set;
// nothing of the product is changed, its classes are only wrapped. Rows are counted as the cursors of
// SQLite say; a cursor is asked when the next one is opened, since it counts while it is read.
// It counts crossings between JavaScript and wasm too, and has the doors of the mail entry.
import { crossings } from "./crossings.js";
import Worker, * as product from "./mail-entry.js";

const BINDINGS = {
  WorkspaceRoom: "WORKSPACE_ROOM", InboxState: "INBOX_STATE", WarmupCounter: "WARMUP_COUNTER",
  RateLimiter: "RATE_LIMITER", ProspectDedup: "PROSPECT_DEDUP",
};
const patched = new WeakSet();
const objects = new Map(); // id -> class
let counters;
/** The latest cursor. It counts while it is read; by the next statement it was read to its end. */
let latest;
const reset = () => {
  counters = {};
  latest = undefined;
  Object.assign(crossings, { in: 0, out: 0 });
};
reset();
const count = (name, by = 1) => (counters[name] = (counters[name] ?? 0) + by);
const fold = () => {
  for (const field of ["rowsRead", "rowsWritten"]) count(`sql.${field}`, latest?.[field] ?? 0);
  latest = undefined;
};

/** Replaces a method of a prototype once, for everything that has it. */
function patch(proto, name, wrap) {
  const original = proto[name];
  if (typeof original === "function") proto[name] = wrap(original);
}

function patchSql(sql) {
  const proto = Object.getPrototypeOf(sql);
  if (patched.has(proto)) return;
  patched.add(proto);
  patch(proto, "exec", (exec) => function (...args) {
    fold();
    latest = exec.apply(this, args);
    count("sql.statements");
    return latest;
  });
}

/** An alarm that is set is billed as a row that is written. */
function patchAlarms(storage) {
  const proto = Object.getPrototypeOf(storage);
  if (patched.has(proto)) return;
  patched.add(proto);
  patch(proto, "setAlarm", (setAlarm) => function (...args) {
    count("sql.alarms");
    return setAlarm.apply(this, args);
  });
}

function patchD1(db) {
  const proto = Object.getPrototypeOf(db);
  if (patched.has(proto)) return;
  patched.add(proto);
  const rows = (result) => {
    count("d1.rowsRead", result?.meta?.rows_read ?? 0);
    count("d1.rowsWritten", result?.meta?.rows_written ?? 0);
    return result;
  };
  const statement = Object.getPrototypeOf(db.prepare("select 1"));
  for (const name of ["run", "all", "first", "raw"]) {
    patch(statement, name, (method) => async function (...args) {
      count("d1.statements");
      count("d1.requests");
      return rows(await method.apply(this, args));
    });
  }
  patch(proto, "batch", (batch) => async function (list, ...rest) {
    count("d1.statements", list.length);
    count("d1.requests");
    const results = await batch.call(this, list, ...rest);
    results.forEach(rows);
    return results;
  });
}

function metered(name) {
  return class extends product[name] {
    constructor(ctx, env) {
      patchSql(ctx.storage.sql);
      patchAlarms(ctx.storage);
      patchD1(env.DB);
      objects.set(ctx.id.toString(), name);
      super(ctx, env);
    }
    call(envelope) {
      count(`${name}.call`);
      return super.call(envelope);
    }
    fetch(request) {
      count(`${name}.fetch`);
      return super.fetch(request);
    }
    alarm() {
      count(`${name}.alarm`);
      return super.alarm();
    }
    webSocketMessage(...args) {
      count(`${name}.message`);
      return super.webSocketMessage(...args);
    }
    /** For the meter only: when the alarm goes off, or null. */
    alarmAt() {
      return this.ctx.storage.getAlarm();
    }
  };
}

export const WorkspaceRoom = metered("WorkspaceRoom");
export const InboxState = metered("InboxState");
export const WarmupCounter = metered("WarmupCounter");
export const RateLimiter = metered("RateLimiter");
export const ProspectDedup = metered("ProspectDedup");

export default class extends Worker {
  async fetch(request) {
    patchD1(this.env.DB);
    const { pathname } = new URL(request.url);
    if (pathname === "/test/alarms") return Response.json(await this.alarms());
    if (pathname !== "/test/cost") return super.fetch(request);
    if (request.method === "POST") reset();
    fold();
    return Response.json({ ...counters, "wasm.in": crossings.in, "wasm.out": crossings.out });
  }

  alarms() {
    const asked = [...objects].map(async ([id, name]) => {
      const space = this.env[BINDINGS[name]];
      return { actor: name, at: await space.get(space.idFromString(id)).alarmAt() };
    });
    return Promise.all(asked);
  }
}
