//! How SQLite runs every statement of the desk, at a size where a full scan would show.

use super::desk::Desk;
use crate::workspace_room::directory::store as directory;
use crate::workspace_room::rules::store as rules;
use crate::workspace_room::{
    audit, catalogue, keys, notifications, outreach, privacy, prospect_imports, reports, search,
    sources, store, teams, transfer, uploads, webhooks,
};
use rusqlite::types::Value;
use std::fs;
use std::path::Path;

/// Full scans and sorts that are meant: each is bounded by something that is not the number of
/// tickets, comments, users or mails.
const MEANT: &[(&str, &str)] = &[
    // The ids of one page, of one thread, the tags of one ticket.
    ("json_each", "SCAN j VIRTUAL TABLE"),
    ("json_each", "SCAN json_each VIRTUAL TABLE"),
    ("json_each", "LIST SUBQUERY"),
    // A hundred comments of each ticket of one page, found by their index.
    ("limit 100))", "SCAN (subquery"),
    // The files of one page of comments, put in order.
    ("from json_each(?) j cross join attachments", "USE TEMP B-TREE FOR"),
    // Five rows.
    ("select status, tickets from ticket_counts", "SCAN ticket_counts"),
    // One row each, and the agents: at most a thousand.
    ("from workspace w cross join desk d", "SCAN"),
    ("update desk", "SCAN desk"),
    ("from report_state s cross join workspace w", "SCAN"),
    // By the index of words, newest first, with a limit.
    ("where search_words match ?", "SCAN search_words VIRTUAL TABLE INDEX"),
    // The rows of a range of days, of which there is one for each combination that had something.
    ("from report_days where day between ? and ?", "USE TEMP B-TREE FOR GROUP BY"),
    // All of them, where the workspace takes another time zone.
    ("delete from report_days", "SCAN report_days"),
    // At most 500 domains, written and read whole.
    ("free_mail", "SCAN free_mail"),
    // A user's tickets, up to a number.
    ("from\n    (select 1 from tickets", "SCAN (subquery"),
    // A few hundred definitions, counted when one of them changes.
    ("update rules_active set", "SCAN rules"),
    // One row is asked for.
    ("select 1 from workflow_runs limit 1", "SCAN workflow_runs"),
    // In the order of the key, with a limit.
    ("from automation_passes order by number limit ?", "SCAN automation_passes"),
    // An erasure, which is rare, looks through the answers of a day and the mails that nobody could
    // read.
    ("update idempotency", "SCAN idempotency"),
    ("delete from unparseable_mails", "SCAN unparseable_mails"),
    // The last of a number of comments.
    ("order by seq limit ?) order by seq desc limit 1", "SCAN (subquery"),
    ("order by seq limit ?) order by seq desc limit 1", "USE TEMP B-TREE"),
    ("json_each(?3)", "SCAN json_each VIRTUAL TABLE"),
    // The oldest one; a thousand that are not read; those of one person's tickets.
    ("select at from notifications order by number limit 1", "SCAN notifications"),
    ("read_at is null limit 1000)", "SCAN (subquery"),
    // At most 200 keys.
    ("select count(*) from api_keys", "SCAN api_keys"),
    // The agents: at most a thousand.
    ("from agents a cross join reads r", "SCAN a"),
    // At most 500 teams.
    ("select count(*) from teams", "SCAN teams"),
    // No more than a thousand are counted.
    ("select created_at from uploads order by created_at limit", "SCAN"),
    // At most fifty sources.
    ("from sources", "SCAN sources"),
    // At most two hundred campaigns.
    ("select count(*) from campaigns", "SCAN campaigns"),
    ("from workspace w cross join desk d", "SCAN campaigns"),
    // The newest hundred imports, and those that are under way.
    ("from prospect_imports\n    where state in ('done', 'broken') or", "SCAN prospect_imports"),
    // Of the decisions of a week, and of the texts that somebody is to look at.
    ("from outreach_decisions as decision not indexed", "USE TEMP B-TREE FOR GROUP BY"),
    ("from outreach_decisions as decision not indexed", "SCAN (subquery"),
    ("select count(*) from (select 1 from outreach_texts text", "SCAN"),
    // In the order of the key, with a limit.
    ("select id from inboxes order by id limit ?", "SCAN inboxes"),
    // At most twenty webhooks.
    ("from webhooks order by number", "SCAN webhooks"),
];

const FILES: &[(&str, &[&str])] = &[
    (include_str!("../store/activities.rs"), store::activities::STATEMENTS),
    (include_str!("../store/attachments.rs"), store::attachments::STATEMENTS),
    (include_str!("../store/claims.rs"), store::claims::STATEMENTS),
    (include_str!("../store/comments.rs"), store::comments::STATEMENTS),
    (include_str!("../store/companies.rs"), store::companies::STATEMENTS),
    (include_str!("../store/counts.rs"), store::counts::STATEMENTS),
    (include_str!("../store/drafts.rs"), store::drafts::STATEMENTS),
    (include_str!("../store/followers.rs"), store::followers::STATEMENTS),
    (include_str!("../store/listing.rs"), store::listing::STATEMENTS),
    (include_str!("../store/mails.rs"), store::mails::STATEMENTS),
    (include_str!("../store/moves.rs"), store::moves::STATEMENTS),
    (include_str!("../store/reads.rs"), store::reads::STATEMENTS),
    (include_str!("../store/replies.rs"), store::replies::STATEMENTS),
    (include_str!("../store/scheduled.rs"), store::scheduled::STATEMENTS),
    (include_str!("../store/tickets.rs"), store::tickets::STATEMENTS),
    (include_str!("../store/users.rs"), store::users::STATEMENTS),
    (include_str!("../directory/store/attributes.rs"), directory::attributes::STATEMENTS),
    (include_str!("../directory/store/free_mail.rs"), directory::free_mail::STATEMENTS),
    (include_str!("../directory/store/handles.rs"), directory::handles::STATEMENTS),
    (include_str!("../directory/store/merges.rs"), directory::merges::STATEMENTS),
    (include_str!("../audit/store.rs"), audit::store::STATEMENTS),
    (include_str!("../keys/store.rs"), keys::store::STATEMENTS),
    (include_str!("../notifications/store.rs"), notifications::store::STATEMENTS),
    (include_str!("../privacy/store.rs"), privacy::store::STATEMENTS),
    (include_str!("../prospect_imports/store.rs"), prospect_imports::store::STATEMENTS),
    (include_str!("../catalogue/store.rs"), catalogue::store::STATEMENTS),
    (include_str!("../sources/store.rs"), sources::store::STATEMENTS),
    (include_str!("../teams/store.rs"), teams::store::STATEMENTS),
    (include_str!("../search/store.rs"), search::store::STATEMENTS),
    (include_str!("../transfer/store.rs"), transfer::store::STATEMENTS),
    (include_str!("../uploads/store.rs"), uploads::store::STATEMENTS),
    (include_str!("../webhooks/store/deliveries.rs"), webhooks::store::deliveries::STATEMENTS),
    (include_str!("../webhooks/store/webhooks.rs"), webhooks::store::webhooks::STATEMENTS),
    (include_str!("../outreach/store/answers.rs"), outreach::store::answers::STATEMENTS),
    (include_str!("../outreach/store/by_hand.rs"), outreach::store::by_hand::STATEMENTS),
    (include_str!("../outreach/store/campaigns.rs"), outreach::store::campaigns::STATEMENTS),
    (include_str!("../outreach/store/days.rs"), outreach::store::days::STATEMENTS),
    (include_str!("../outreach/store/decisions.rs"), outreach::store::decisions::STATEMENTS),
    (include_str!("../outreach/store/enrolments.rs"), outreach::store::enrolments::STATEMENTS),
    (include_str!("../outreach/store/inboxes.rs"), outreach::store::inboxes::STATEMENTS),
    (include_str!("../outreach/store/mails.rs"), outreach::store::mails::STATEMENTS),
    (include_str!("../outreach/store/texts.rs"), outreach::store::texts::STATEMENTS),
    (include_str!("../reports/store.rs"), reports::store::STATEMENTS),
    (include_str!("../rules/store/active.rs"), rules::active::STATEMENTS),
    (include_str!("../rules/store/definitions.rs"), rules::definitions::STATEMENTS),
    (include_str!("../rules/store/hours.rs"), rules::hours::STATEMENTS),
    (include_str!("../rules/store/passes.rs"), rules::passes::STATEMENTS),
    (include_str!("../rules/store/slas.rs"), rules::slas::STATEMENTS),
    (include_str!("../rules/store/turns.rs"), rules::turns::STATEMENTS),
    (include_str!("../rules/store/waits.rs"), rules::waits::STATEMENTS),
    (include_str!("../rules/store/workflow_runs.rs"), rules::workflow_runs::STATEMENTS),
];

/// Stores whose statements are explained as they run, in the tests of access.
const ELSEWHERE: &str = "access/store/";

#[test]
fn every_statement_of_the_room_is_explained_here() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workspace_room");
    let mut found = Vec::new();
    walk(&room, &mut found);
    found.retain(|(path, _)| !path.contains(ELSEWHERE));
    let with_statements = found.iter().filter(|(_, source)| statements_in(source) > 0);
    let mut stores = 0;
    for (path, source) in with_statements {
        let listed = FILES.iter().find(|(listed, _)| listed == source);
        let (_, listed) = listed.unwrap_or_else(|| panic!("{path} is not explained here"));
        assert_eq!(statements_in(source), listed.len(), "{path}: statements are missing here");
        stores += 1;
    }
    assert_eq!(stores, FILES.len(), "a store that is explained here was not found");
}

/// Every file below a folder that is no test, with its source.
fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
    for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
    {
        if path.is_dir() && !path.ends_with("tests") {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("a source file is text");
            found.push((path.display().to_string(), source));
        }
    }
}

/// How many constants of a file are statements: texts, or made of columns that several share.
fn statements_in(source: &str) -> usize {
    let verbs = ["select ", "insert ", "update ", "delete ", "with "];
    let starts = source.match_indices("\nconst ").filter_map(|(at, _)| {
        let (kind, value) = source[at..].split_once(": ")?.1.split_once('=')?;
        (kind.trim() == "&str").then(|| value.trim_start())
    });
    let is_statement = |value: &str| {
        let text = value.trim_start_matches('"');
        let called = value.split_once("!(").is_some_and(|(name, _)| {
            name != "include_str" && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        called || verbs.iter().any(|verb| text.starts_with(verb))
    };
    starts.filter(|value| is_statement(value)).count()
}

#[test]
fn no_statement_reads_a_whole_table() {
    let desk = Desk::open();
    let connection = desk.room.home.connection();
    connection.execute_batch(MANY).expect("rows");
    connection.execute_batch("analyze").expect("analysed");
    let mut explained = 0;
    let mut different: Vec<&str> = FILES.iter().flat_map(|(_, list)| *list).copied().collect();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), FILES.iter().map(|(_, list)| list.len()).sum::<usize>());
    for statement in different {
        let explain = format!("explain query plan {statement}");
        let mut prepared = connection.prepare(&explain).expect(statement);
        let nulls = vec![Value::Null; prepared.parameter_count()];
        let steps: Vec<String> = prepared
            .query_map(rusqlite::params_from_iter(nulls), |row| row.get(3))
            .expect(statement)
            .map(|step| step.expect("a step"))
            .collect();
        for step in steps {
            let whole = step.starts_with("SCAN") || step.contains("TEMP B-TREE");
            let automatic = step.contains("AUTOMATIC");
            let meant = MEANT
                .iter()
                .any(|(part, allowed)| statement.contains(part) && step.starts_with(allowed));
            assert!(!automatic && (!whole || meant), "{step}\n  in {statement}");
        }
        explained += 1;
    }
    assert!(explained > 40, "{explained} statements");
}

/// 5,000 of everything.
const MANY: &str = "
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into companies (id, own_key, name, users, created_at)
    select 'c' || i, 'c' || i, 'c', 1, i from n;
    insert into company_domains (domain, company) select 'd' || number, number from companies;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into users (id, own_key, email, company_id, created_at, updated_at, version)
    select 'u' || i, 'u' || i, 'e' || i, 'c' || i, i, i, 1 from n;
    insert into handles (kind, value, user, main, domain, added_at)
    select 'email', email, number, 1, 'd' || (number % 9), 1 from users;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into tickets (number, id, subject, status, priority, tags, assignee_id, user_id, source,
        follows, comments, created_at, updated_at, version, team_id, category_id, custom_status_id)
    select i, 't' || i, 's', 'open', 'low', '[]', 'a' || (i % 9), 'u' || i, 'mail',
        i - 1, 1, i, i, 1, 'm' || (i % 7), 'c' || (i % 50), 's' || (i % 11) from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into moves (id, kind, source, target, comments, before, created_at)
    select 'v' || i, 'merge', i, 5001 - i, 1, '', i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into moved_comments (move, comment) select i, i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into catalogue (id, kind, name, name_key, content, archived, created_at, updated_at,
        version)
    select 'i' || i, 'cannedReply', 'n' || i, 'n' || i, '{}', 0, i, i, 1 from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into drafts (ticket, agent_id, body, visibility, shared, created_at, updated_at, version)
    select i, 'a' || (i % 9), 'b', 'public', 0, i, i, 1 from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into followers (ticket, agent_id, since) select i, 'a' || (i % 9), i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into ticket_tags (tag, ticket) select 'tag' || (i % 20), i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into comments (seq, id, ticket, author_kind, visibility, body, source, automatic,
        attachments, created_at)
    select i, 'k' || i, i, 'system', 'public', 'b', 'mail', 0, 1, i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert or ignore into events (seq, at, ticket_id, json) select i, i, 't' || i, '{}' from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into attachments (id, comment, position, file_name, content_type, bytes_count, sha256,
        key, inline)
    select 'f' || i, i, 0, 'n', 't', 1, 'h', 'k', 0 from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into scheduled_comments (id, ticket, author_id, visibility, body, publish_at,
        created_at, updated_at, version)
    select 's' || i, i, 'a', 'public', 'b', i, i, i, 1 from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into reads (agent_id, ticket, seq) select 'a' || (i % 9), i, i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into mail_ids (message_id, ticket, at) select 'm' || i, i, i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into replies (comment_id, inbox_id, state, version, at)
    select 'k' || i, 'i', 'sent', 1, i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into inboxes (id) select 'i' || i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into unparseable_mails (raw_key, reason, bytes_count, received_at)
    select 'r' || i, 'why', 1, i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into automatic_senders (address, since, mails) select 'x' || i, i, 1 from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into teams (id, name, name_key, version, created_at, updated_at)
    select 't' || i, 't', 't' || i, 1, i, i from n;
    insert into team_members (team, agent_id)
    select t.number, a.id from teams t cross join agents a;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into uploads (id, file_name, content_type, key, created_at)
    select 'p' || i, 'n', 't', 'k', i from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into files (sha256, key, bytes_count, media, holders) select 'h' || i, 'k', 1, 'm', 1
    from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into webhook_deliveries (webhook, seq, kind, state, attempts, due, tries, answer,
        created_at)
    select i % 5, i, 'k', iif(i % 9, 'delivered', 'waiting'), 1, iif(i % 9, null, i), '[]', '', i
    from n;;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 100)
    insert into rules (kind, id, position, enabled, occasion, json)
    select 'automation', 'r' || i, i, i % 2, 'noteAdded', '{}' from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into automation_passes (ticket, at, occasion, round, fired, results)
    select i, i, 'noteAdded', 1, 1, '[]' from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into ticket_waits (ticket, done) select i, '[]' from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into ticket_slas (ticket, policy, spent) select i, 'p' || (i % 9), 0 from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into workflow_runs (id, workflow, ticket, state, ended_at, run, workflow_json)
    select 'w' || i, 'f' || (i % 9), i, case i % 2 when 0 then 'running' else 'done' end,
        case i % 2 when 0 then null else i end, '{}', '{}' from n;";
