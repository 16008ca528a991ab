// Who may do what: every operation of the API's document, asked by everybody. The rows are in
// tests/matrix.json; an operation without a row, and a row without an operation, fail.
//
// A row names the least role that may, or `anybody`, or `operator`. "May" means that no permission
// is missing: that what was asked also makes sense, and is the caller's own where only that may be
// changed, is tested elsewhere. What is asked about is there: what is not found tells nobody that
// they may not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { ask, inOrder, operations, ROLES, workspace } from "../harness/operations.mjs";
import { MAIL_ENTRY, productWorker } from "../harness/worker.mjs";

const ROWS = JSON.parse(readFileSync(join(ROOT, "tests", "matrix.json"), "utf8"));
// What is about a log-in is not for a program with a key, whatever its role.
const OF_SESSIONS = ["logout", "logoutEverywhere", "changePassword", "createRealtimeTicket", "createApiKey", "beginLinkIdentity", "linkIdentity", "unlinkIdentity"];
// What agents change of their own, a program with a key changes in its maker's name: not if it only reads.
const OF_ONESELF = ["changeNotificationSettings", "followTicket", "markRead", "readAllNotifications", "readNotification", "unfollowTicket"];

// What is about the deployment as a whole, and is not there.
const OF_DEPLOYMENT = ["deleteDeadLetter", "getDeadLetter", "liftSuppression"];

test("every operation has a row in tests/matrix.json, and every row an operation", () => {
  const known = operations.map((operation) => operation.operationId).sort();
  assert.deepEqual(Object.keys(ROWS).sort(), known);
  const words = [...ROLES, "anybody", "operator"];
  for (const [id, row] of Object.entries(ROWS)) assert.ok(words.includes(row), `${id}: ${row}`);
});

test("everybody may do what their row says, and nothing else", { timeout: 600_000 }, async (t) => {
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  const [ours, theirs] = [await workspace(url, "Ours"), await workspace(url, "Theirs")];
  const wrong = [];
  let asked = 0;
  const expect = (who, operation, answer, right) => {
    asked += 1;
    if (!right || answer.status >= 500) wrong.push(`${who} ${operation.operationId}: ${answer.status} ${answer.text.slice(0, 300)}`);
  };
  const refused = ({ status, text }) => status === 401 || (status === 403 && /needs the permission/.test(text));
  const lastWords = { logout: ["viewer", "agent"], logoutEverywhere: ["admin", "owner"] };
  for (const operation of inOrder) {
    const row = ROWS[operation.operationId];
    const ids = ours.of(operation);
    const open = row === "anybody";
    if (!open) {
      for (const [who, token] of [["anonymous", undefined], ["revoked", ours.agents.revoked.token], ["revoked key", ours.keys.revoked]]) {
        const answer = await ask(url, operation, ids, token);
        expect(who, operation, answer, answer.status === 401);
      }
    }
    const stranger = await ask(url, operation, ids, theirs.agents.owner.token);
    const foreign = Object.keys(ids).some((name) => operation.path.includes(`{${name}}`));
    expect("other workspace", operation, stranger, !stranger.text.includes("Secret of Ours") && (!foreign || open || stranger.status === 404));
    const found = [];
    for (const [level, role] of ROLES.entries()) {
      if (lastWords[operation.operationId]?.includes(role) === false) continue;
      const may = open || (row !== "operator" && level >= ROLES.indexOf(row));
      const answer = await ask(url, operation, ids, ours.agents[role].token);
      const right = may ? open || !refused(answer) : answer.status === 403;
      expect(role, operation, answer, right);
      if (may) found.push(answer.status);
      const byKey = await ask(url, operation, ids, ours.keys[role]);
      if (may) found.push(byKey.status);
      const reads = role === "viewer" && OF_ONESELF.includes(operation.operationId);
      const mayByKey = may && !reads && !OF_SESSIONS.includes(operation.operationId);
      expect(`key of a ${role}`, operation, byKey, mayByKey ? open || !refused(byKey) : open || byKey.status === 403);
    }
    // Where nothing is found, nobody is told that they may not: what is asked about must be there.
    const there = !operation.path.includes("{") || row === "operator" || OF_DEPLOYMENT.includes(operation.operationId) || found.some((status) => status !== 404);
    if (!there) wrong.push(`${operation.operationId}: what it is about is not there`);
  }
  t.diagnostic(`${asked} questions by 12 kinds of callers, ${wrong.length} wrong answers`);
  assert.deepEqual(wrong, []);
});
