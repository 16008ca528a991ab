// A real IMAP server on this machine, for tests: Dovecot, run by hand on high ports.
//
// STARTTLS and implicit TLS with a certificate of our own CA, and a plain port; PLAIN and LOGIN;
// one user with a maildir in which the test puts and moves files. Nothing is left running or
// enabled system-wide: the package is installed with daemon starts forbidden, and the server lives
// in a temporary folder.
//
//   import { startImapServer } from "./imap_server.mjs";
//   const server = await startImapServer();
//   // { host, ports: {imap, tls}, user, password, caFile, maildir, uid, log(), stop() }
//
// `node imap_server.mjs` starts one, prints its description as one JSON line, and stops it when
// standard input ends. Needs root (Dovecot changes to its own users for its work) and openssl.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve, startDaemon } from "./daemon.mjs";
import { ensurePackages } from "./debian.mjs";
import { makeCertificates, SENT } from "./smtp_server.mjs";

const DOVECOT = "/usr/sbin/dovecot";
const IMAP = "/usr/lib/dovecot/imap";
const PASSWORD = "correct \"horse\" bättery";

const ensureDovecot = () =>
  ensurePackages(["dovecot-imapd"], { files: [DOVECOT, IMAP], units: ["dovecot.service", "dovecot.socket"] });

function configuration({ folder, ports, certificates, owner }) {
  return `
protocols = imap
listen = 127.0.0.1
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
mail_location = maildir:${folder}/mail/Maildir
mail_uid = ${owner.uid}
mail_gid = ${owner.gid}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <${certificates.certificate}
ssl_key = <${certificates.key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_max_userip_connections = 100
passdb {
  driver = passwd-file
  args = scheme=PLAIN ${folder}/users
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${folder}/mail
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox "${SENT}" {
    special_use = \\Sent
    auto = create
  }
}
service imap-login {
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = ${ports.tls}
    ssl = yes
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`;
}

/** Starts a server; every call starts another one, on ports of its own. Its mailbox belongs to `owner`. */
export async function startImapServer({ user = "ann", owner: name = "mail" } = {}) {
  ensureDovecot();
  const id = (flag) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  const owner = { uid: id("-u"), gid: id("-g") };
  const prepare = (folder, ports) => {
    const certificates = makeCertificates(folder);
    for (const name of ["run", "state", "mail", "mail/Maildir", "mail/Maildir/new", "mail/Maildir/cur", "mail/Maildir/tmp"]) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    execFileSync("chown", ["-R", `${owner.uid}:${owner.gid}`, join(folder, "mail")]);
    const users = join(folder, "users");
    writeFileSync(users, `${user}:{PLAIN}${PASSWORD}\n`, { mode: 0o640 });
    execFileSync("chown", ["root:dovecot", users]);
    const file = join(folder, "dovecot.conf");
    writeFileSync(file, configuration({ folder, ports, certificates, owner }), { mode: 0o644 });
    return { command: [DOVECOT, "-F", "-c", file], logFile: join(folder, "log"), caFile: certificates.ca };
  };
  const { folder, ports, caFile, log, stop } = await startDaemon({ name: "Dovecot", portNames: ["imap", "tls"], prepare });
  const maildir = join(folder, "mail", "Maildir");
  return { host: "127.0.0.1", ports, user, password: PASSWORD, caFile, maildir, uid: owner.uid, log, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startImapServer();
  const { host, ports, user, password, caFile, maildir, uid } = server;
  serve(server, { host, ports, user, password, caFile, maildir, uid });
}
