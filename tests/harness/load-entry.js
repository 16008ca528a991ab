// The product's entry with counters of whatever keeps an object awake, and a D1 that can fail.
//
// `GET /test/counts` gives, since the last `POST /test/counts`: what arrived at the gateway, at objects
// (calls, joins, messages, ends, alarms, wakes), what was fetched from outside, which timers were set
// and which are still to fire. The asking itself is not counted. `POST /test/d1?down=1` has every
// statement of D1 fail until `down=0`; `GET /test/d1?workspace=…` gives the ids of the tickets that D1
// has of a workspace, each with its version, and `GET /test/alarm?workspace=…` for when the room's alarm
// is set. Nothing of the product is changed, its classes are only wrapped.
import Worker, * as product from "../../gateway/entry.js";

const fresh = () => ({ gateway: 0, call: 0, fetch: 0, message: 0, end: 0, alarm: 0, wake: 0, outgoing: 0, timers: 0, d1: 0, d1Failed: 0 });
let counts = fresh();
/** Timers that have not fired yet. */
const pending = new Set();
let isDown = false;

const { fetch: realFetch, setTimeout: realSet, clearTimeout: realClear } = globalThis;
globalThis.fetch = function (...args) {
  counts.outgoing += 1;
  return realFetch.apply(globalThis, args);
};
globalThis.setTimeout = function (work, ms, ...args) {
  counts.timers += 1;
  const id = realSet(() => (pending.delete(id), work(...args)), ms);
  pending.add(id);
  return id;
};
globalThis.clearTimeout = function (id) {
  pending.delete(id);
  return realClear(id);
};

const patched = new WeakSet();

function patch(proto, names, wrap) {
  for (const name of names) {
    const original = proto[name];
    if (typeof original === "function") proto[name] = wrap(original);
  }
}

/** Has the database count, and fail where it is down. */
function patchD1(db) {
  const proto = Object.getPrototypeOf(db);
  if (patched.has(proto)) return;
  patched.add(proto);
  const asked = (method) => async function (...args) {
    counts.d1 += 1;
    if (isDown) {
      counts.d1Failed += 1;
      throw new Error("D1_ERROR: the database is down, as the test wants it");
    }
    return method.apply(this, args);
  };
  patch(Object.getPrototypeOf(db.prepare("select 1")), ["run", "all", "first", "raw"], asked);
  patch(proto, ["batch", "exec"], asked);
}

function counted(Product) {
  return class extends Product {
    constructor(ctx, env) {
      counts.wake += 1;
      patchD1(env.DB);
      super(ctx, env);
    }
    call(envelope) {
      counts.call += 1;
      return super.call(envelope);
    }
    fetch(request) {
      counts.fetch += 1;
      return super.fetch(request);
    }
    alarm() {
      counts.alarm += 1;
      return super.alarm();
    }
    /** When the alarm goes off, or null. */
    alarmAt() {
      return this.ctx.storage.getAlarm();
    }
    webSocketMessage(...args) {
      counts.message += 1;
      return super.webSocketMessage(...args);
    }
    webSocketClose(...args) {
      counts.end += 1;
      return super.webSocketClose(...args);
    }
    webSocketError(...args) {
      counts.end += 1;
      return super.webSocketError(...args);
    }
  };
}

export const WorkspaceRoom = counted(product.WorkspaceRoom);
export const InboxState = counted(product.InboxState);
export const WarmupCounter = counted(product.WarmupCounter);
export const RateLimiter = counted(product.RateLimiter);
export const ProspectDedup = counted(product.ProspectDedup);

export default class extends Worker {
  fetch(request) {
    patchD1(this.env.DB);
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/test/d1" && request.method === "GET") return this.summaries(searchParams.get("workspace"));
    if (pathname === "/test/d1") {
      isDown = searchParams.get("down") === "1";
      return new Response("done");
    }
    if (pathname === "/test/alarm") {
      const rooms = this.env.WORKSPACE_ROOM;
      const room = rooms.get(rooms.idFromName(searchParams.get("workspace")));
      return room.alarmAt().then((at) => Response.json(at));
    }
    if (pathname === "/test/counts") {
      if (request.method === "POST") counts = fresh();
      return Response.json({ ...counts, pending: pending.size });
    }
    counts.gateway += 1;
    return super.fetch(request);
  }

  async summaries(workspace) {
    const asked = this.env.DB.prepare("select id, version from tickets where workspace_id = ?").bind(workspace);
    return Response.json((await asked.all()).results);
  }
}
