//! The `getReport` command.

use super::count::{self, Sums};
use super::store;
use crate::kernel::{Ctx, Reply, Value};
use crate::warmup_counter::zone::{self, Zone};
use crate::workspace_room::access::authorise;
use crate::workspace_room::access::store::agents;
use crate::workspace_room::derived;
use litemap::LiteMap;
use schema::room::report::{DAYS_MAX, Figures, GetReport, Report, ReportBy, ReportRow};
use schema::sort::collect_small;
use schema::{Permission, Reject};
use std::collections::BTreeMap;

/// How many events a report counts before it answers.
const COUNTED_AT_ONCE: i64 = 2_000;

/// Reports on a range of days.
///
/// # Errors
/// `invalid_input`: a date that is none, a range that ends before it begins or is too long.
pub fn get_report(ctx: &mut Ctx<'_>, input: &GetReport) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let (first, last) = (zone::parse("from", &input.from)?, zone::parse("to", &input.to)?);
    if last < first {
        return Err(Reject::field("to", "must not be before from"));
    }
    if last - first >= DAYS_MAX {
        return Err(Reject::field("to", format!("must be within {DAYS_MAX} days of from")));
    }

    if count::catch_up(ctx, COUNTED_AT_ONCE)? {
        derived::set(ctx)?;
    }
    let state = store::state(ctx.sql)?.ok_or_else(|| Reject::not_found("workspace"))?;
    let by = input.by.unwrap_or(ReportBy::Day);
    let found = store::sums(ctx.sql, by, (first, last), input)?;
    let mut total = Sums::default();
    for (_, sums) in &found {
        total += *sums;
    }
    // What was left when the range began.
    let left = store::sums(ctx.sql, by_of_left(by), (0, first - 1), input)?;
    let all_left: i64 = left.iter().map(|(_, sums)| sums.backlog).sum();
    let rows = if by == ReportBy::Day {
        days(&found, (first, last), all_left)
    } else {
        groups(ctx, by, found, left)?
    };
    Reply::of(&Report {
        time_zone: Zone::named(&state.time_zone)?.name().to_owned(),
        from: zone::text(first),
        to: zone::text(last),
        by,
        seq: state.seq,
        complete: state.seq == ctx.seq(),
        rows,
        total: figures(&total, all_left),
    })
}

/// By what the backlog before the range is added up: days are not needed one by one.
const fn by_of_left(by: ReportBy) -> ReportBy {
    match by {
        ReportBy::Day => ReportBy::Source,
        other => other,
    }
}

fn figures(sums: &Sums, left: i64) -> Figures {
    let mean = |sum: i64, count: i64| (count > 0).then(|| sum / count);
    Figures {
        created: sums.created,
        first_replies: sums.first_replies,
        first_reply_ms: mean(sums.first_reply_ms, sums.first_replies),
        solved: sums.solved,
        resolution_ms: mean(sums.resolution_ms, sums.solved),
        reopened: sums.reopened,
        backlog: left + sums.backlog,
    }
}

fn days(found: &[(Value, Sums)], (first, last): (i64, i64), left: i64) -> Vec<ReportRow> {
    let by_day: LiteMap<i64, Sums> =
        collect_small(found.iter().filter_map(|(key, sums)| match key {
            Value::Integer(day) => Some((*day, *sums)),
            _ => None,
        }));
    let mut left = left;
    let row = |day: i64| {
        let sums = by_day.get(&day).copied().unwrap_or_default();
        let row = figures(&sums, left);
        left = row.backlog;
        ReportRow { key: Some(zone::text(day)), name: None, figures: row }
    };
    (first..=last).map(row).collect()
}

fn groups(
    ctx: &Ctx<'_>,
    by: ReportBy,
    found: Vec<(Value, Sums)>,
    left: Vec<(Value, Sums)>,
) -> Result<Vec<ReportRow>, Reject> {
    let mut groups: LiteMap<String, (Sums, i64)> = LiteMap::new();
    for (key, sums) in found {
        groups.entry(text(key)).or_default().0 = sums;
    }
    for (key, sums) in left.into_iter().filter(|(_, sums)| sums.backlog != 0) {
        groups.entry(text(key)).or_default().1 = sums.backlog;
    }
    let keys: Vec<&str> = groups.keys().map(String::as_str).collect();
    let names = names(ctx, by, &keys)?;
    let row = |(key, (sums, left)): (String, (Sums, i64))| ReportRow {
        name: names.get(&key).cloned(),
        figures: figures(&sums, left),
        key: Some(key).filter(|key| !key.is_empty()),
    };
    Ok(groups.into_iter().map(row).collect())
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        _ => String::new(),
    }
}

/// What the keys of a report are called.
fn names(ctx: &Ctx<'_>, by: ReportBy, keys: &[&str]) -> Result<BTreeMap<String, String>, Reject> {
    Ok(match by {
        ReportBy::Agent => {
            let agents = agents::list(ctx.sql)?.into_iter();
            collect_small(agents.map(|agent| (agent.id.to_string(), agent.name)))
        }
        ReportBy::Team => collect_small(store::team_names(ctx.sql, keys)?),
        _ => BTreeMap::new(),
    })
}
