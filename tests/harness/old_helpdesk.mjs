// The database of a helpdesk as FastAPI and SQLAlchemy programs keep it, filled with what makes
// moves go wrong: emoji, quotes, backslashes, nulls, zero dates, long texts, bytes, a table in
// latin1, times that a clock of summer skips, rows of another workspace.

import { seeded } from "./until.mjs";

export const SCHEMA = `
create table workspaces (id int auto_increment primary key, name varchar(255), subdomain varchar(100), created_at datetime, updated_at datetime);
create table agents (id int auto_increment primary key, workspace_id int not null, name varchar(255), email varchar(255), password varchar(255),
  role enum('admin','manager','agent') default 'agent', is_active tinyint(1) not null default 1, created_at datetime, updated_at datetime,
  foreign key (workspace_id) references workspaces (id));
create table teams (id int auto_increment primary key, workspace_id int not null, name varchar(255), description text, created_at datetime, updated_at datetime);
create table team_members (id int auto_increment primary key, team_id int, agent_id int);
create table companies (id int auto_increment primary key, workspace_id int not null, name varchar(255), email_domain varchar(255), created_at datetime, updated_at datetime)
  default charset=latin1;
create table users (id int auto_increment primary key, workspace_id int not null, company_id int, name varchar(255), email varchar(255), phone varchar(50),
  created_at datetime, updated_at timestamp null) default charset=utf8mb4;
create table categories (id int auto_increment primary key, workspace_id int not null, parent_id int, name varchar(255), created_at datetime, updated_at datetime);
create table canned_replies (id int auto_increment primary key, workspace_id int not null, team_id int, agent_id int, title varchar(255), content mediumtext,
  created_at datetime, updated_at datetime) default charset=utf8mb4;
create table tickets (id int auto_increment primary key, workspace_id int not null, title varchar(255), status varchar(50), priority varchar(20),
  user_id int, assignee_id int, team_id int, category_id int, tags json, created_at datetime(6), updated_at datetime(3)) default charset=utf8mb4;
create table ticket_bodies (id int auto_increment primary key, ticket_id int, email_body longtext, created_at datetime) default charset=utf8mb4;
create table comments (id bigint unsigned auto_increment primary key, ticket_id int, agent_id int, user_id int, content longtext, is_private tinyint(1) default 0,
  created_at datetime, updated_at datetime) default charset=utf8mb4;
create table attachments (id int auto_increment primary key, comment_id bigint unsigned, file_name varchar(500), content_type varchar(100), file_size int,
  s3_key varchar(500), content_bytes longblob) default charset=utf8mb4;
create table audit_log (id int auto_increment primary key, line text);
delimiter ;;
create trigger after_ticket after insert on tickets for each row begin
  insert into audit_log (line) values (concat('ticket; ', new.id)); insert into audit_log (line) values ('-- it''s'); end ;;
delimiter ;
`;

/** Texts that a careless reader of SQL breaks on. */
const AWKWARD = [
  "plain", "it's \"quoted\"", "back\\slash \\' \\\\' end\\", "semi; colon; -- no comment", "/* no */ # comment; `tick`", "emoji 🦀👩‍👩‍👧‍👦 ünï",
  "line 1\nline 2\r\nline 3\ttab", "'); drop table tickets; --", "NULL", "0x41424344", "\\n \\0 \\Z literally", "%_\\%\\_", "<p>html &amp; such</p>", "日本語 العربية \u202eRTL",
];

const quote = (value) => {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return String(value);
  if (Buffer.isBuffer(value)) return value.length ? `0x${value.toString("hex")}` : "''";
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\0", "\\0")}'`;
};

const insert = (table, columns, rows) => {
  let sql = "";
  for (let at = 0; at < rows.length; at += 200) {
    const values = rows.slice(at, at + 200).map((row) => `(${row.map(quote).join(",")})`);
    sql += `insert into ${table} (${columns}) values ${values.join(",\n")};\n`;
  }
  return sql;
};

/** The statements that fill it; the same for the same seed. Workspace 1 moves, workspace 2 stays. */
export function filled({ seed = 7, tickets = 700, comments = 4_200, users = 400 } = {}) {
  const random = seeded(seed);
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const text = (n) => `${pick(AWKWARD)} ${n} ${pick(AWKWARD)}`;
  // Days around both changes of the clock in Europe, at times that are skipped or come twice.
  const hours = ["01:30:00", "02:30:00", "03:00:00", "23:59:59", "00:00:00"];
  const when = () => `20${15 + below(10)}-${pick(["03-27", "03-28", "10-30", "10-31", "02-28", "12-31"])} ${pick(hours)}`;
  const some = (value, share = 0.9) => (random() < share ? value : null);
  const range = (n, make) => Array.from({ length: n }, (_, at) => make(at + 1));
  const workspace = (n) => (n % 10 === 0 ? 2 : 1);
  const agents = 30;
  const companies = 60;
  const rows = [
    ["workspaces", "id, name, created_at", [[1, "Acme's “old” desk", "2014-01-01 00:00:00"], [2, "Other", "2015-01-01 00:00:00"]]],
    ["agents", "id, workspace_id, name, email, password, role, is_active, created_at, updated_at",
      range(agents, (n) => [n, workspace(n), some(`Agent ${text(n)}`), `Agent${n}@Old.example`, "$2b$12$secret-hash", pick(["admin", "manager", "agent"]), n % 2, when(), some(when())])],
    ["teams", "id, workspace_id, name, description, created_at", range(5, (n) => [n, n === 5 ? 2 : 1, `Team ${n} ünï`, some(text(n)), when()])],
    ["team_members", "team_id, agent_id", range(40, () => [1 + below(5), 1 + below(agents + 5)])],
    // Latin-1: what this charset has, stored as single bytes.
    ["companies", "id, workspace_id, name, email_domain, created_at",
      range(companies, (n) => [n, workspace(n), `Café “Größe” ${n} £`.replaceAll(/[“”]/g, "'"), some(`c${n}.example`, 0.95), when()])],
    ["users", "id, workspace_id, company_id, name, phone, email, created_at, updated_at",
      range(users, (n) => [n, workspace(n), some(1 + below(companies + 3)), some(pick(AWKWARD)), n % 25 === 0 ? `+49 (30) ${100000 + n}` : n % 26 === 0 ? "030 12" : null, n % 50 === 0 ? null : n % 97 === 0 ? "User1@c1.example" : `User${n}@c${n % 60}.example`, pick(["0000-00-00 00:00:00", when()]), some(when())])],
    // A tree in which later ones are above earlier ones, and one whose name an earlier one has.
    ["categories", "id, workspace_id, parent_id, name, created_at",
      range(12, (n) => [n, n === 12 ? 2 : 1, n % 4 === 1 && n < 10 ? n + 2 : null, n === 11 ? "category 2" : `Category ${n}`, when()])],
    ["canned_replies", "id, workspace_id, team_id, agent_id, title, content, created_at, updated_at",
      range(40, (n) => [n, workspace(n), n % 3 ? null : 1 + below(5), n % 4 ? null : 1 + below(agents), n % 7 ? `Reply ${n} ünï` : "Thanks", `Hello {{user.name}} {{contact.id}}, ${text(n)}`, when(), some(when())])],
    ["tickets", "id, workspace_id, title, status, priority, user_id, assignee_id, team_id, category_id, tags, created_at, updated_at",
      range(tickets, (n) => [n * 3, workspace(n), some(pick(AWKWARD).slice(0, 200) + n, 0.98), pick(["Open", "Unread", "In progress", "With User", "Solved", "Closed", "Parked", null]),
        pick(["Low", "Medium", "High", "Urgent", "Critical", null]), some(1 + below(users)), some(1 + below(agents), 0.6), some(1 + below(6), 0.4), some(1 + below(12), 0.4),
        some(JSON.stringify(range(below(4), () => pick(["billing", "VIP", "ünï 🦀", "a,b"])))), `${when()}.123456`, some(`${when()}.5`)])],
    ["ticket_bodies", "ticket_id, email_body, created_at", range(tickets, (n) => [n * 3, n === 5 ? "long ünï 🦀 word ".repeat(12_500) : text(n), some(when())])],
    ["comments", "id, ticket_id, agent_id, user_id, content, is_private, created_at",
      range(comments, (n) => [n, (1 + below(tickets + 2)) * 3, some(1 + below(agents), 0.5), some(1 + below(users), 0.6),
        n === 77 ? `${"x".repeat(199_999)}y` : n % 301 === 0 ? null : n % 302 === 0 ? " \0 \u200b" : text(n), below(4) === 0 ? 1 : 0, n % 200 === 0 ? "0000-00-00 00:00:00" : when()])],
    ["attachments", "id, comment_id, file_name, content_type, file_size, s3_key, content_bytes",
      range(60, (n) => [n, 1 + below(comments), n % 9 === 0 ? "../../etc/pass\\wd" : `file ${n} ünï.pdf`, some("application/pdf"), 10, n % 3 === 0 ? `att/${n}.bin` : null,
        n % 3 === 1 ? Buffer.from(`\0\x01\xff'";\\ ${n}`, "latin1") : null])],
  ];
  return `set names utf8mb4; set time_zone = '+00:00';\n${rows.map((row) => insert(...row)).join("")}`;
}
