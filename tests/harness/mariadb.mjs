// A real MariaDB on this machine, for tests: run by hand in a folder of its own, reachable by a
// socket in that folder alone. Nothing is left running or enabled system-wide.
//
//   const db = await startMariaDb();
//   db.run(sql)            runs statements; gives what they printed
//   db.rows(sql)           gives the rows of a query as objects
//   db.dump(name, file)    writes what mysqldump makes of a database
//   await db.stop()

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ensurePackages } from "./debian.mjs";

const SERVER = "/usr/sbin/mariadbd";

const ensureMariaDb = () =>
  ensurePackages(["mariadb-server", "mariadb-client"], { files: [SERVER], units: ["mariadb"] });

/** Starts a server; every call starts another one, in a folder of its own. */
export async function startMariaDb() {
  ensureMariaDb();
  const folder = mkdtempSync(join(tmpdir(), "postroom-mariadb-"));
  const [data, socket, log] = ["data", "sock", "log"].map((name) => join(folder, name));
  mkdirSync(data);
  const who = process.getuid?.() === 0 ? ["--user=root"] : [];
  const quiet = { stdio: ["ignore", "ignore", "pipe"] };
  execFileSync("mariadb-install-db", ["--no-defaults", ...who, `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"], quiet);
  const out = openSync(log, "a");
  const options = [`--datadir=${data}`, `--socket=${socket}`, `--pid-file=${folder}/pid`, "--skip-networking", "--sql-mode=", "--innodb-flush-log-at-trx-commit=0"];
  const child = spawn(SERVER, ["--no-defaults", ...who, ...options], { stdio: ["ignore", out, out] });
  closeSync(out);
  const ended = new Promise((done) => child.once("exit", done));
  const client = (program, args, input) => {
    const all = ["--no-defaults", `--socket=${socket}`, "--user=root", "--default-character-set=utf8mb4", ...args];
    const ran = spawnSync(program, all, { input, maxBuffer: 1 << 28 });
    if (ran.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${ran.stderr}`);
    return ran.stdout;
  };
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (const until = Date.now() + 60_000; ; await wait(100)) {
    try {
      client("mariadb-admin", ["ping"]);
      break;
    } catch (error) {
      if (child.exitCode === null && Date.now() < until) continue;
      const why = readFileSync(log, "utf8").slice(-2000);
      await stop();
      throw new Error(`MariaDB did not start: ${error.message}\n${why}`);
    }
  }
  return {
    run: (sql, database) => client("mariadb", ["--max-allowed-packet=1G", ...(database ? [database] : [])], sql).toString(),
    /** One column, JSON_OBJECT(…), of a query: each row parsed. */
    rows: (sql, database) => {
      const text = client("mariadb", ["--batch", "--raw", "--skip-column-names", database], sql).toString();
      return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    },
    dump: (database, file, options = []) =>
      writeFileSync(file, client("mariadb-dump", ["--hex-blob", "--triggers", "--routines", ...options, database])),
    stop,
  };
}
