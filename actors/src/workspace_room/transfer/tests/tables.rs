//! Every table of the room, and every column of those that are exported, is either in an export or
//! left out for a reason that stands here: whoever adds one has to decide.

use super::Mover;
use crate::kernel::Sql;
use std::collections::{BTreeMap, BTreeSet};

/// A table whose rows an export has: the columns that it gives, and those that it does not.
type Exported = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Versions, running numbers, keys made of other columns and counts are of the room where they are;
/// they come anew where a row is imported.
const OF_THE_ROOM: &[&str] = &["version", "number", "own_key", "name_key", "seq", "position"];

const EXPORTED: &[Exported] = &[
    // Who is moved comes without a password and inactive, until they accept an invitation.
    (
        "agents",
        &["id", "email", "name", "role", "created_at", "updated_at"],
        &["active", "password_hash", "epoch"],
    ),
    // A team that is deleted is named by nothing.
    ("teams", &["id", "name", "description", "created_at", "updated_at"], &["deleted_at"]),
    ("team_members", &["team", "agent_id"], &[]),
    // Users are counted as they come.
    (
        "companies",
        &["id", "name", "created_at", "attributes", "archived"],
        &["users", "updated_at"],
    ),
    ("company_domains", &["domain", "company"], &[]),
    // Those who became part of another, and those who were erased, are not exported.
    (
        "users",
        &[
            "id",
            "email",
            "name",
            "company_id",
            "created_at",
            "updated_at",
            "attributes",
            "archived",
        ],
        &["merged_into", "erased_at"],
    ),
    // A domain is part of an address.
    ("handles", &["kind", "value", "user", "main"], &["domain", "added_at"]),
    // Its number is its place among all.
    (
        "catalogue",
        &[
            "id",
            "kind",
            "name",
            "team_id",
            "agent_id",
            "content",
            "archived",
            "created_at",
            "updated_at",
        ],
        &[],
    ),
    // As the API gives them; their position is their place among those of their kind.
    ("rules", &["kind", "id", "enabled", "occasion", "json"], &[]),
    // Those of the workspace itself, of which there are no others yet.
    ("business_hours", &["json"], &["scope"]),
    ("free_mail", &["domain"], &[]),
    (
        "attributes",
        &["id", "subject", "key", "label", "kind", "options", "created_at", "updated_at"],
        &[],
    ),
    ("notification_templates", &["kind", "title", "body"], &[]),
    // Secrets are sealed for this deployment, and never leave it: a webhook comes switched off.
    // How far it has come, and how that went, is of the log that it reads.
    (
        "webhooks",
        &["id", "url", "description", "kinds", "created_at", "updated_at"],
        &[
            "active",
            "disabled_reason",
            "sealed_secret",
            "sealed_previous",
            "previous_until",
            "cursor",
            "waiting",
            "failures",
            "failing_since",
            "hold_until",
        ],
    ),
    // Comments are counted as they come. What hides, claims or merges a ticket is how the team
    // works with it today; inboxes do not move.
    (
        "tickets",
        &[
            "number",
            "id",
            "subject",
            "status",
            "priority",
            "tags",
            "assignee_id",
            "user_id",
            "source",
            "follows",
            "created_at",
            "updated_at",
            "first_reply_at",
            "solved_at",
            "closed_at",
            "team_id",
            "category_id",
            "custom_status_id",
            "attributes",
            "merged_into",
        ],
        &[
            "comments",
            "last_comment_at",
            "snoozed_at",
            "snoozed_until",
            "wakes_on_reply",
            "claimed_by",
            "claimed_until",
            "deleted_at",
            "inbox_id",
        ],
    ),
    ("ticket_tags", &["tag", "ticket"], &[]),
    // Files are counted as they come; nobody is notified of a mention once more.
    (
        "comments",
        &[
            "id",
            "ticket",
            "author_kind",
            "author_id",
            "visibility",
            "body",
            "visible_body",
            "source",
            "automatic",
            "mail",
            "created_at",
        ],
        &["attachments", "mentions"],
    ),
    // Where the bytes are follows from their hash, and what they are is read from them again.
    (
        "attachments",
        &[
            "id",
            "comment",
            "file_name",
            "content_type",
            "bytes_count",
            "sha256",
            "content_id",
            "inline",
        ],
        &["key", "media"],
    ),
    // What a mail said is in the comment's `mail`, and comes back out of it.
    ("mail_ids", &["message_id", "ticket", "comment_id"], &["at", "thread", "conversation"]),
];

/// Tables that an export does not have, and why.
const LEFT_OUT: &[(&str, &[&str])] = &[
    (
        "of the kernel: what was done, asked, promised, and is yet to be done by this object",
        &["events", "head", "idempotency", "migrations", "outbox", "timers"],
    ),
    (
        "secrets, and doors that others hold keys to",
        &[
            "sessions",
            "refresh_tokens",
            "realtime_tickets",
            "invitations",
            "api_keys",
            "identities",
        ],
    ),
    (
        "counts and indexes, made anew of the rows",
        &[
            "desk",
            "ticket_counts",
            "report_days",
            "report_state",
            "search_words",
            "search_words_config",
            "search_words_data",
            "search_words_idx",
            "search_state",
            "search_changes",
            "rules_active",
            "files",
        ],
    ),
    ("of the workspace itself, which is another one where it is restored", &["workspace"]),
    (
        "what is yet to happen: it happens where it was planned, and not twice",
        &["scheduled_comments", "workflow_runs", "ticket_waits", "ticket_slas", "assign_turns"],
    ),
    (
        "of one agent's screen",
        &["reads", "drafts", "followers", "notifications", "notification_settings"],
    ),
    (
        "which inboxes send, and what of: inboxes do not move",
        &["notification_setup", "inboxes", "replies"],
    ),
    (
        "who is written to by themselves, from which inboxes: prospects and inboxes do not move",
        &[
            "campaigns",
            "enrolments",
            "outreach_settings",
            "outreach_mails",
            "outreach_sends",
            "outreach_days",
            "outreach_inboxes",
            "outreach_decisions",
            "outreach_turns",
            "outreach_answers",
            "outreach_texts",
            "ai_settings",
            "outreach_by_hand",
        ],
    ),
    (
        "logs of what was done here",
        &[
            "automation_passes",
            "webhook_deliveries",
            "moves",
            "moved_comments",
            "user_merges",
            "erasures",
            "automatic_senders",
            "audit",
        ],
    ),
    (
        "how far files were read; who is in them is elsewhere",
        &["prospect_imports", "prospect_import_parts", "prospect_import_errors"],
    ),
    ("their addresses may hold secrets, and prospects do not move", &["sources"]),
    ("content that belongs to no ticket yet", &["unparseable_mails", "uploads"]),
];

fn names(mover: &Mover, statement: &str, params: &[crate::kernel::Value]) -> BTreeSet<String> {
    let rows = mover.desk.room.home.exec(statement, params).expect("the schema");
    rows.iter().map(|row| row.text(0).expect("a name")).collect()
}

#[test]
fn every_table_and_column_is_exported_or_left_out_for_a_reason() {
    let mover = Mover::open();
    let tables = "select name from sqlite_master where type = 'table'";
    let columns = "select name from pragma_table_info(?)";
    let left_out: BTreeSet<&str> =
        LEFT_OUT.iter().flat_map(|(_, tables)| tables.iter().copied()).collect();
    let exported: BTreeMap<&str, &Exported> = EXPORTED.iter().map(|it| (it.0, it)).collect();
    let mut findings = Vec::new();
    for table in names(&mover, tables, &[]) {
        let Some((_, given, kept_back)) = exported.get(&*table) else {
            if !left_out.contains(&*table) && !table.starts_with("sqlite_") {
                findings.push(format!("{table} is neither exported nor left out for a reason"));
            }
            continue;
        };
        assert!(!left_out.contains(&*table), "{table} stands in both lists");
        let there = names(&mover, columns, &[table.as_str().into()]);
        for column in &there {
            let known = [*given, *kept_back, OF_THE_ROOM].concat().contains(&column.as_str());
            if !known {
                findings.push(format!("{table}.{column} is neither exported nor left out"));
            }
        }
        let gone = given.iter().filter(|column| !there.contains(**column));
        findings.extend(gone.map(|column| format!("{table}.{column} is listed and not there")));
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    for table in exported.keys() {
        assert!(names(&mover, tables, &[]).contains(*table), "{table} is listed and not there");
    }
}
