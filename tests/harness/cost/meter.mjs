// Reads the meter of cost-entry.js: what something cost by the time of its answer, and in all.

import { setTimeout as wait } from "node:timers/promises";

/** Sums of counters by their ending: all `.call` of all actors. */
export const total = (counters, ending) =>
  Object.entries(counters).reduce((sum, [name, value]) => sum + (name.endsWith(`.${ending}`) ? value : 0), 0);

/** Counters as Cloudflare bills them, divided by how often the thing was done. */
function billed(counters, times) {
  const each = (name) => (counters[name] ?? 0) / times;
  const all = (ending) => total(counters, ending) / times;
  return {
    counters,
    requests: all("call") + all("fetch") + all("alarm"),
    calls: all("call"), joins: all("fetch"), alarms: all("alarm"), messages: all("message"),
    rowsRead: each("sql.rowsRead"),
    // An alarm that is set is billed as a row that is written.
    rowsWritten: each("sql.rowsWritten") + each("sql.alarms"),
    d1: each("d1.statements"), d1Requests: each("d1.requests"), d1Read: each("d1.rowsRead"), d1Written: each("d1.rowsWritten"),
    crossings: each("wasm.in") + each("wasm.out"),
  };
}

export function meter(url) {
  const read = async () => (await fetch(`${url}/test/cost`)).json();
  const reset = () => fetch(`${url}/test/cost`, { method: "POST" });
  /** Waits until nothing has moved for `stillMs`: whatever was started has ended or waits for an alarm. */
  const quiet = async (stillMs = 1_500) => {
    const step = stillMs / 6;
    for (let same = 0, last = ""; same < 6; ) {
      const now = JSON.stringify(await read());
      same = now === last ? same + 1 : 0;
      last = now;
      await wait(step);
    }
  };
  /**
   * Does `work` `times` times; gives what one time took: `answered` by the time of the last answer,
   * and `inAll` once nothing moves any more.
   */
  const measure = async (work, { times = 1, stillMs } = {}) => {
    await quiet(stillMs);
    await reset();
    let given;
    for (let n = 0; n < times; n += 1) given = await work(n);
    const answered = billed(await read(), times);
    await quiet(stillMs);
    return { given, answered, inAll: billed(await read(), times) };
  };
  return { read, reset, quiet, measure };
}
