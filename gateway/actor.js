// What wraps the wasm classes. Beside it, entry.js and gate.js, the Worker's only JavaScript is what
// takes several things over to wasm, or from it, at once: storage.js, metrics.js and edge.js, each beside
// the Rust that calls it.
//
// It is there for three reasons. RPC needs classes that extend DurableObject. A panic
// in wasm would leave its callers hanging: here every promise that waits on wasm is rejected when
// the instance is lost, and worker-build's shim makes a fresh instance for the next call. And what
// waits for an actor runs together: one turn, one commit, one frame a socket (group commit).
//
// It leans on `__worker_init_state.criticalError` of exactly the pinned worker version; the edge
// tests prove it at every upgrade.
import { DurableObject } from "cloudflare:workers";

const BROKEN = "the actor failed; what it did not commit is undone";
const state = globalThis.__worker_init_state;
const waiting = new Set();
/** How long an alarm waits, at most, for what it began: so long no other timer has its turn. */
const ALARM_WAITS_MS = 1_000;
/** How long the outbox waits where calls follow each other sooner: so far D1 is behind then. */
const BUSY_MS = 200;
/**
 * How long it waits where storage did not take what came of it, longer each time: nothing else has its
 * turn if it does not.
 */
const STUCK_MS = 1_000;
const STUCK_MS_MAX = 32_000;
/** How many looks, at most, at whether still more calls come before those that wait are run. */
const LOOKS_MAX = 32;
/** How long those who came together are expected to come together again. */
const COHORT_MS = 50;

function failAll() {
  for (const reject of waiting) reject(new Error(BROKEN));
  waiting.clear();
}

let critical = state.criticalError;
Object.defineProperty(state, "criticalError", {
  get: () => critical,
  set(value) {
    critical = value;
    if (value) failAll();
  },
});
addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError) failAll();
});

/** Runs `work`, which waits on wasm; rejects at once where the wasm instance is lost. */
export function guard(work) {
  return new Promise((resolve, reject) => {
    waiting.add(reject);
    const settle = (done) => (value) => {
      waiting.delete(reject);
      done(value);
    };
    try {
      Promise.resolve(work()).then(settle(resolve), settle(reject));
    } catch (error) {
      settle(reject)(error);
    }
  });
}

/** Waits for `work`, but not longer than `ms`. */
async function within(ms, work) {
  let timer;
  await Promise.race([work, new Promise((done) => (timer = setTimeout(done, ms)))]);
  clearTimeout(timer);
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function send(socket, frame) {
  try {
    socket.send(frame);
  } catch {
    // The socket is closing; its client resumes by number.
  }
}

function close(socket, code, reason) {
  try {
    socket.close(code, reason);
  } catch {
    // It is closed already.
  }
}

/** The Durable Object class of an actor whose core is the wasm class `Core`. */
export function actor(Core) {
  return class extends DurableObject {
    constructor(ctx, env) {
      super(ctx, env);
      this.core = new Core(ctx, env);
      this.queue = [];
      this.ending = [];
      this.draining = null;
      this.again = false;
      this.together = 0;
      this.ran = 0;
      this.isBusy = false;
      this.trapped = false;
      ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    }

    /** RPC: an envelope in, an answer out, both MessagePack. */
    call(envelope) {
      return new Promise((done, fail) => this.enqueue({ input: envelope, done, fail }));
    }

    enqueue(item) {
      if (this.queue.push(item) === 1) this.gather(0, 1);
    }

    /** How many calls come together now. */
    expected() {
      return Date.now() - this.ran < COHORT_MS ? this.together : 1;
    }

    /**
     * Has what waits run. A call that comes alone waits for nothing; where calls come together, they
     * wait for as long as each look finds more of them, and for as many as came a moment ago, and
     * share the commit.
     */
    gather(seen, look) {
      setTimeout(() => {
        const { length } = this.queue;
        if (length === 0) return;
        const together = this.expected();
        const busy = length > 1 || together > 1;
        const more = length > seen || length < together;
        if (busy && more && look < LOOKS_MAX) this.gather(length, look + 1);
        else this.flush();
      }, 0);
    }

    /** Runs whatever waits in one turn; the runtime commits it once. */
    flush() {
      const items = this.queue;
      this.queue = [];
      // Fewer at once are waited for soon, if fewer come.
      this.together = Math.max(items.length, this.together >> 1);
      const now = Date.now();
      this.isBusy = now - this.ran < BUSY_MS;
      this.ran = now;
      let out;
      try {
        out = this.core.run(items.map((item) => item.input));
      } catch (error) {
        console.error("actor failed", String(error));
        // It trapped, or could not wake, has done nothing and says why.
        const trapped = error instanceof WebAssembly.RuntimeError;
        const why = trapped ? BROKEN : String(error?.message ?? error);
        for (const item of items) item.fail(new Error(why));
        if (trapped) this.hangUp();
        return;
      }
      items.forEach((item, index) => item.done(out.given[index]));
      this.tell(out);
      // Who goes is told of after what they did.
      for (const [socket, code, reason] of this.ending.splice(0)) this.end(socket, code, reason);
    }

    /**
     * Tells what a turn has to tell, in the turn itself. First go those who may no longer hear it.
     */
    tell(out) {
      for (const tag of out.expelled ?? []) this.drop(tag, 4401, "no longer allowed");
      for (const [tag, seat] of out.seats ?? []) {
        for (const socket of this.ctx.getWebSockets(tag)) socket.serializeAttachment(seat);
      }
      for (const [tags, frames] of out.parcels ?? []) {
        for (const tag of tags) {
          for (const socket of this.ctx.getWebSockets(tag)) {
            for (const frame of frames) send(socket, frame);
          }
        }
      }
      const [code, tags] = out.late ?? [0, []];
      for (const tag of tags) this.drop(tag, code, "reads too slowly: come back with since");
      if (out.drain) this.ctx.waitUntil(this.drain());
      for (let count = out.slow ?? 0; count > 0; count--) this.ctx.waitUntil(this.slow());
    }

    drop(tag, code, reason) {
      for (const socket of this.ctx.getWebSockets(tag)) this.end(socket, code, reason);
    }

    /** Closes a socket whose client may never answer that: it has left at once. */
    end(socket, code, reason) {
      close(socket, code, reason);
      this.left(socket);
    }

    /** Does something that takes long, such as a request to a customer's server. */
    async slow() {
      try {
        this.tell(await guard(() => this.core.slow()));
      } catch (error) {
        // Its entry is leased; the alarm comes back to it.
        console.error("outbox failed", String(error));
        this.hangUp();
      }
    }

    /**
     * Does what the outbox asks for, until nothing more is ready. Never two at once: whoever asks
     * meanwhile waits for the one that runs, which then goes around once more.
     */
    drain() {
      this.again = true;
      this.draining ??= this.rounds();
      return this.draining;
    }

    async rounds() {
      // Not before `draining` is known: what is begun may ask for more.
      await null;
      let [full, stuckMs] = [false, 0];
      try {
        while (this.again) {
          // Where turn follows turn, what several of them ask for shares its rows in D1, and the commit
          // that settles it.
          const busy = this.isBusy && Date.now() - this.ran < BUSY_MS && !full;
          if (stuckMs || busy) await pause(stuckMs || BUSY_MS);
          this.again = false;
          const begun = this.core.begin();
          this.tell(begun);
          const out = begun.begun ? await guard(() => this.core.carry_out()) : {};
          this.tell(out);
          full = begun.full;
          stuckMs = begun.stuck || out.stuck ? Math.min(stuckMs * 2 || STUCK_MS, STUCK_MS_MAX) : 0;
        }
      } catch (error) {
        // The entries are rows; the alarm comes back to them.
        console.error("outbox failed", String(error));
        this.hangUp();
      } finally {
        this.draining = null;
      }
    }

    /** A turn was lost half-way: what it had committed was told to nobody. Clients resume by number. */
    hangUp() {
      for (const socket of this.ctx.getWebSockets()) close(socket, 1012, "the room starts anew");
    }

    /**
     * An alarm that keeps failing is dropped for good by the platform: it fails only where storage arms
     * no other.
     */
    async alarm() {
      try {
        const skip = this.trapped;
        this.trapped = true;
        const out = this.core.timers(skip);
        this.trapped = false;
        this.tell(out);
        if (out.unarmed) await this.ctx.storage.setAlarm(Date.now() + 5_000);
        // No alarm comes while this one lasts, and where calls keep the outbox busy it has no end:
        // what it has to do goes on without the alarm, too.
        const drained = this.drain();
        this.ctx.waitUntil(drained);
        await within(ALARM_WAITS_MS, drained);
      } catch (error) {
        console.error("alarm failed", String(error));
        // What could not wake has tried no timer.
        this.trapped &&= error instanceof WebAssembly.RuntimeError;
        if (this.trapped) this.hangUp();
        await this.ctx.storage.setAlarm(Date.now() + 5_000);
      }
    }

    /** A WebSocket upgrade, as the gateway passes it on. */
    fetch(request) {
      const connect = request.headers.get("x-postroom-connect");
      if (request.headers.get("upgrade") !== "websocket" || !connect) {
        return new Response(null, { status: 400 });
      }
      const [client, server] = Object.values(new WebSocketPair());
      let joined;
      try {
        joined = this.core.join(Uint8Array.from(atob(connect), (char) => char.charCodeAt(0)));
      } catch (error) {
        console.error("join failed", String(error));
        joined = { close: 1011, reason: "internal error" };
      }
      const headers = new Headers();
      if (joined.close) {
        // Refused after accepting: a browser shows a close code, but not an HTTP status. Who wanted
        // one answer has it.
        server.accept();
        for (const frame of joined.frames ?? []) send(server, frame);
        close(server, joined.close, joined.reason);
      } else {
        this.ctx.acceptWebSocket(server, joined.tags);
        server.serializeAttachment(joined.seat);
        for (const frame of joined.frames) send(server, frame);
      }
      // The gateway passes on the one that was chosen; a refused client needs it too, or it drops
      // the connection before it sees the code.
      const protocol = request.headers.get("sec-websocket-protocol");
      if (protocol) headers.set("sec-websocket-protocol", protocol);
      this.tell(joined);
      return new Response(null, { status: 101, webSocket: client, headers });
    }

    webSocketMessage(socket, data) {
      const done = ([frame, code, reason]) => {
        if (frame !== null) send(socket, frame);
        if (code) this.ending.push([socket, code, reason]);
      };
      // Who was shown out, and goes on talking, is not heard.
      if (socket.readyState !== WebSocket.OPEN) return;
      const fail = () => close(socket, 1011, "internal error");
      this.enqueue({ socket, input: [socket.deserializeAttachment(), data], done, fail });
    }

    webSocketClose(socket, code) {
      this.hearOut(socket);
      close(socket, code === 1005 || code === 1006 ? 1000 : code, "");
      this.left(socket);
    }

    webSocketError(socket) {
      this.hearOut(socket);
      close(socket, 1011, "error");
      this.left(socket);
    }

    /** What somebody said before they left is heard before it is told that they left. */
    hearOut(socket) {
      if (this.queue.some((item) => item.socket === socket)) this.flush();
    }

    left(socket) {
      try {
        this.tell(this.core.leave(socket.deserializeAttachment()));
      } catch (error) {
        console.error("leave failed", String(error));
      }
    }
  };
}
