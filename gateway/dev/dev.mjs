// `npm run dev`: from a fresh clone to a Worker that answers, and rebuilds when a source changes.
//
// Sets up, builds, makes local secrets once, applies the D1 migrations and starts workerd on .state/.
// Ctrl-C ends everything that was started here. PORT chooses another port than 8787.

import { randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync, readSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, CRATES, isInput } from "./build.mjs";
import { freePort } from "./port.mjs";
import { main, setup } from "./setup.mjs";
import { ROOT, say, Trouble } from "./tools.mjs";
import { startWorker } from "./worker.mjs";

/** Random secrets for this machine only; existing ones are kept, since they seal what is stored. */
function localSecrets() {
  const file = join(ROOT, ".dev.vars");
  if (existsSync(file)) return;
  const names = ["JWT_SECRET", "SECRETS_KEY", "ADMIN_TOKEN"];
  const lines = names.map((name) => `${name}=${randomBytes(32).toString("base64")}\n`);
  writeFileSync(file, lines.join(""), { mode: 0o600 });
  say("made .dev.vars with random local secrets");
}

/** Prints what is added to a log file. */
function follow(file) {
  const fd = openSync(file, "r");
  const buffer = Buffer.alloc(65536);
  const print = () => {
    for (let n; (n = readSync(fd, buffer, 0, buffer.length, null)) > 0; ) {
      process.stdout.write(Buffer.from(buffer.subarray(0, n)));
    }
  };
  const timer = setInterval(print, 200);
  return () => (clearInterval(timer), print(), closeSync(fd));
}

/** Builds again after a change; wrangler notices the new output and reloads. */
function rebuildOnChange(env) {
  let [timer, busy, again] = [undefined, false, false];
  const rebuild = async () => {
    if (busy) return void (again = true);
    busy = true;
    try {
      await build({ env });
    } catch (e) {
      console.error(e instanceof Trouble ? `postroom: ${e.message}` : e);
    }
    busy = false;
    if (again) rebuild((again = false));
  };
  const changed = (crate) => (_kind, name) => {
    if (name === null || !isInput(`${crate}/${name}`)) return;
    clearTimeout(timer);
    timer = setTimeout(rebuild, 300);
  };
  for (const crate of CRATES) watch(join(ROOT, crate), { recursive: true }, changed(crate));
}

await main(import.meta.url, async () => {
  const port = await freePort(Number(process.env.PORT || 8787));
  const env = (await setup()).build;
  await build({ env });
  localSecrets();
  const log = join(ROOT, ".state", "worker.log");
  rmSync(log, { force: true });
  say("starting the Worker");
  const worker = await startWorker({ port, persistTo: join(ROOT, ".state"), log });
  const unfollow = follow(log);
  let asked = false;
  const end = async () => {
    if (asked) return;
    asked = true;
    await worker.stop();
    unfollow();
    say("stopped; what was stored is in .state/");
    process.exit(0);
  };
  process.on("SIGINT", end).on("SIGTERM", end).on("SIGHUP", end);
  worker.exited.then((code) => {
    if (asked) return;
    unfollow();
    say(`the Worker ended by itself (${code}); log: ${log}`);
    process.exit(1);
  });
  rebuildOnChange(env);
  say(`listening on ${worker.url}   (Ctrl-C stops it)`);
  say(`  curl ${worker.url}/healthz         is it well?`);
  say("next, in another terminal, the tour of README.md; it begins with a workspace of your own:");
  say(`  curl ${worker.url}/v1/workspaces -H 'content-type: application/json' -d '{"name": "Acme",`);
  say("    \"ownerName\": \"Olive\", \"ownerEmail\": \"olive@acme.example\", \"password\": \"correct horse battery staple\"}'");
});
