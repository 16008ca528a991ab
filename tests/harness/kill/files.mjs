// Files of prospects, which go to their actors over a queue.
//
// The queue of a laptop is in memory and dies with the runtime, so a file is waited for before the
// next kill; that a queue or its consumer fails meanwhile is what is asked here.

import assert from "node:assert/strict";
import { until } from "../until.mjs";

const ROWS = 5;

/** Sends files as `member`; says what became of them. */
export function openFiles(member) {
  const sent = [];
  const isDone = async (id) => (await member.data("GET", `/api/prospects/imports/${id}`)).state === "done";
  return {
    count: () => sent.length,
    /** Sends one, and waits until all of it is there. */
    async send(limitMs) {
      const rows = Array.from({ length: ROWS }, (_, n) => `f${sent.length}-${n}@files.test`);
      const body = `email,name\n${rows.map((row) => `${row},Somebody`).join("\n")}\n`;
      const { id } = await member.data("POST", "/api/prospects/import", { body, type: "text/csv", key: `file-${sent.length}` });
      sent.push(...rows);
      await until(() => isDone(id), "a file of prospects", limitMs);
    },
    /** Each row is one person. */
    async check(limitMs) {
      const listed = async () => {
        const people = await member.all("/api/prospects");
        return people.map(({ email }) => email).filter((email) => email?.endsWith("@files.test")).sort();
      };
      const wanted = [...sent].sort();
      let found = [];
      const agree = async () => JSON.stringify((found = await listed())) === JSON.stringify(wanted);
      await until(agree, "the list of people from files", limitMs).catch(() => {});
      assert.deepEqual(found, wanted, "each row of each file is one person");
    },
  };
}
