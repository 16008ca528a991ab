// A real SMTP server on this machine, for tests: Exim, run by hand on high ports.
//
// STARTTLS and implicit TLS with a certificate of our own CA, AUTH PLAIN and LOGIN, local
// delivery into a maildir. Nothing is left running or enabled system-wide: the package is
// installed with daemon starts forbidden, and the server lives in a temporary folder.
//
//   import { startSmtpServer } from "./smtp_server.mjs";
//   const server = await startSmtpServer();
//   // { host, ports: {starttls, tls}, user, password, address, unknownAddress, lateAddress,
//   //   utf8Address, sizeLimitBytes, caFile, mailbox(), log(), stop() }
//
// `node smtp_server.mjs` starts one, prints its description as one JSON line, and stops it when
// standard input ends. Needs root (Exim changes to the mail user for its work) and openssl.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve, startDaemon } from "./daemon.mjs";
import { ensurePackages } from "./debian.mjs";

const EXIM = "/usr/sbin/exim4";
/** As whom mail is delivered. */
export const MAIL_USER = "Debian-exim";
/** What the folder of sent mail is called, in a mailbox that a German program made. */
export const SENT = "Gesendete Objekte";
const PASSWORD = "correct horse battery";
/** Somebody who can be written to with SMTPUTF8 alone. */
const UTF8_USER = "j\u00f6rg";
const SIZE_LIMIT_BYTES = 3 * 1024 * 1024;

/** Exim names a mail by the second and the microsecond, without leading zeros. */
const byNumbers = new Intl.Collator("en", { numeric: true }).compare;

/** Installs Exim, where it is missing, and with it its user. */
export const ensureExim = () => ensurePackages(["exim4-daemon-light"], { files: [EXIM], units: ["exim4"] });

/** Makes a CA and a leaf certificate for localhost; returns the paths. */
export function makeCertificates(folder) {
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Postroom test CA",
    "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
  openssl("req", ...key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=localhost");
  writeFileSync(join(folder, "leaf.ext"),
    "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n");
  openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
    "-days", "30", "-extfile", "leaf.ext", "-out", "leaf.pem");
  return { ca: join(folder, "ca.pem"), certificate: join(folder, "leaf.pem"), key: join(folder, "leaf.key") };
}

function configuration({ folder, ports, certificates, domains, user, others, provider }) {
  return `
primary_hostname = localhost
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
pid_file_path = ${folder}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${ports.starttls} : ${ports.tls}
tls_on_connect_ports = ${ports.tls}
tls_advertise_hosts = *
tls_certificate = ${certificates.certificate}
tls_privatekey = ${certificates.key}
message_size_limit = ${SIZE_LIMIT_BYTES}
accept_8bitmime = true
dsn_advertise_hosts = *
log_selector = +pipelining
host_lookup =
rfc1413_query_timeout = 0s
domainlist local_domains = ${domains.join(" : ")}
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
auth_advertise_hosts = *
never_users =
keep_environment =
add_environment = PATH=/usr/bin:/bin
smtp_accept_max = 50
smtp_accept_queue_per_connection = 0

begin acl
check_rcpt:
  deny message = 5.7.1 log in first
       !authenticated = *
  deny message = 5.1.1 no such mailbox
       !verify = recipient
  accept

begin routers
${provider ? routers(provider) : ""}late_check:
  driver = accept
  domains = +local_domains
  local_parts = late
  verify_only
late:
  driver = redirect
  domains = +local_domains
  local_parts = late
  allow_fail
  data = :fail: 550 5.1.1 no such mailbox any more
mailbox:
  driver = accept
  domains = +local_domains
  local_parts = ${[user, UTF8_USER, ...others].join(" : ")}
  transport = maildir

begin transports
${provider ? transports(provider) : ""}maildir:
  driver = appendfile
  directory = ${folder}/maildir
  maildir_format
  user = ${MAIL_USER}
  group = ${MAIL_USER}
  create_directory = false
  delivery_date_add
  envelope_to_add
  return_path_add

begin retry
* * F,1h,1m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_advertise_condition = \${if def:tls_in_cipher}
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{${user}}}{eq{$auth3}{${PASSWORD}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_advertise_condition = \${if def:tls_in_cipher}
  server_prompts = "Username:: : Password::"
  server_condition = \${if and{{eq{$auth1}{${user}}}{eq{$auth2}{${PASSWORD}}}}}
  server_set_id = $auth1
`;
}

/** Mail for the team goes into its mailbox; what it sends goes into its folder of sent mail, too. */
const routers = ({ localPart }) => `
sent:
  driver = accept
  senders = ${localPart}@+local_domains
  transport = sent
  unseen
  no_verify

team:
  driver = accept
  domains = +local_domains
  local_parts = ${localPart}
  transport = team

`;

const transports = ({ maildir }) =>
  Object.entries({ team: maildir, sent: join(maildir, `.${SENT}`) })
    .map(([name, directory]) => `
${name}:
  driver = appendfile
  directory = ${directory}
  maildir_format
  user = ${MAIL_USER}
  group = ${MAIL_USER}

`).join("");

/**
 * Starts a server; every call starts another one, on ports of its own. `others` get their mail into
 * the same folder: names, or, from a `^` on, expressions; at `otherDomains`, too. With `provider`, { localPart, maildir }, it does for one address what a mail
 * provider does: its mail goes into that maildir, which belongs to MAIL_USER, and what it sends into
 * the folder of sent mail there.
 */
export async function startSmtpServer({ domain = "desk.test", otherDomains = [], user = "ann", others = [], provider } = {}) {
  ensureExim();
  const domains = [domain, ...otherDomains];
  const prepare = (folder, ports) => {
    const certificates = makeCertificates(folder);
    for (const name of ["spool", "log", "maildir", "maildir/new", "maildir/cur", "maildir/tmp"]) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    const file = join(folder, "exim.conf");
    writeFileSync(file, configuration({ folder, ports, certificates, domains, user, others, provider }), { mode: 0o644 });
    execFileSync("chown", ["-R", "Debian-exim:Debian-exim", folder]);
    execFileSync("chown", ["root:root", file]); // Exim refuses a configuration that others can write
    const command = [EXIM, "-C", file, "-bdf", "-q1m"];
    return { command, logFile: join(folder, "log", "mainlog"), caFile: certificates.ca };
  };
  const { folder, ports, caFile, log, stop } = await startDaemon({ name: "Exim", portNames: ["starttls", "tls"], prepare });
  const maildir = join(folder, "maildir", "new");
  return {
    host: "127.0.0.1",
    ports,
    user,
    password: PASSWORD,
    address: `${user}@${domain}`,
    unknownAddress: `nobody@${domain}`,
    /** Taken, and then found not to be there: the server writes a bounce. */
    lateAddress: `late@${domain}`,
    utf8Address: `${UTF8_USER}@${domain}`,
    sizeLimitBytes: SIZE_LIMIT_BYTES,
    caFile,
    maildir,
    /** The mails delivered so far, oldest first, as Buffers. */
    mailbox: () => readdirSync(maildir).sort(byNumbers).map((name) => readFileSync(join(maildir, name))),
    log,
    stop,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startSmtpServer();
  const { host, ports, user, password, address, unknownAddress, sizeLimitBytes, caFile, maildir } = server;
  serve(server, { host, ports, user, password, address, unknownAddress, sizeLimitBytes, caFile, maildir });
}
