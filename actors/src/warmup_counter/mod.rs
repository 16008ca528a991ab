//! The warm-up counter of an inbox: how many mails it may send on each local day.
//!
//! It promises that the slots of a day, reserved and sent together, never exceed what the day's
//! week allows: 5, 10, 15, 18, then 20.
//!
//! - The open day is a row and only grows. It is looked at anew at each command, so an alarm that
//!   comes late, twice or never changes nothing; the alarm at midnight only makes the new day
//!   visible. A clock that jumps back opens no old day and resets nothing.
//! - A reservation counts until its inbox settles it. It never expires within its day: only the
//!   inbox knows whether the mail has left. On a later day it holds nothing back, because days do
//!   not share slots; a commit after midnight counts for the day of the reservation.
//! - A mail whose slot is of an earlier day needs a new one: the day's grant ends with the day.
//! - Moving to another zone never shortens the open day: it ends at the first midnight of the new
//!   zone at or after the one it would have ended at. So nobody gains a day by moving.

mod handle;
mod store;
pub mod zone;

use crate::kernel::{Actor, Ctx, Migration, Reply, Timer, migration};
use schema::ids::InboxId;
use schema::summary::{Cell, Summary, Table};
use schema::warmup::{WarmupCommand, WarmupDay, allowance};
use schema::{ActorKind, Millis, Reject};
use store::{Counter, Day};
use zone::Zone;

/// The core.
pub enum Core {}

/// How long a slot is remembered after its day, so that a late answer finds it.
const SLOT_KEPT_DAYS: i64 = 60;
const MIDNIGHT: &str = "midnight";

impl Actor for Core {
    const KIND: ActorKind = ActorKind::WarmupCounter;
    const MIGRATIONS: &'static [Migration] = &[migration!("warmup_counter/0001_warmup")];
    type Command = WarmupCommand;

    fn handle(ctx: &mut Ctx<'_>, command: WarmupCommand) -> Result<Reply, Reject> {
        match command {
            WarmupCommand::Start(input) => Reply::of(&handle::start(ctx, &input)?),
            WarmupCommand::Reserve(input) => Reply::of(&handle::reserve(ctx, &input)?),
            WarmupCommand::Commit(input) => Reply::of(&handle::commit(ctx, &input)?),
            WarmupCommand::Release(input) => Reply::of(&handle::release(ctx, &input)?),
            WarmupCommand::SetZone(input) => Reply::of(&handle::set_zone(ctx, &input)?),
            WarmupCommand::Status(input) => Reply::of(&handle::status(ctx, &input)?),
        }
    }

    fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
        if timer.kind != MIDNIGHT {
            return Err(Reject::internal(format!("no timer of kind {}", timer.kind)));
        }
        let Some(counter) = store::counter(ctx.sql)? else { return Ok(()) };
        let used = store::day(ctx.sql, counter.day)?.is_some_and(|day| day.reserved + day.sent > 0);
        let counter = today(ctx, counter)?;
        open_day(ctx, &counter)?;
        store::forget(ctx.sql, counter.day - SLOT_KEPT_DAYS)?;
        // An inbox that sends nothing sleeps; its next reservation arms the alarm again.
        if used {
            ctx.set_timer(MIDNIGHT, "", counter.ends, &[])?;
        }
        Ok(())
    }

    fn summary(ctx: &mut Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
        let (Table::WarmupDays, Some((inbox, day))) = (table, id.split_once('/')) else {
            return Ok(None);
        };
        let Some(row) = store::day(ctx.sql, zone::parse("day", day)?)? else { return Ok(None) };
        Ok(Some(Summary {
            table,
            workspace: ctx.principal.workspace.to_string(),
            id: id.to_owned(),
            version: row.version,
            updated_at: row.updated_at,
            deleted: false,
            cells: vec![
                Cell::Text(inbox.to_owned()),
                Cell::Text(day.to_owned()),
                Cell::Integer(row.week),
                Cell::Integer(row.allowance),
                Cell::Integer(row.reserved),
                Cell::Integer(row.sent),
            ],
        }))
    }

    fn summarise_all(ctx: &mut Ctx<'_>) -> Result<i64, Reject> {
        let mut rows = 0;
        let mut before = i64::from(i32::MAX);
        loop {
            let page = store::before(ctx.sql, before, 500)?;
            let Some(oldest) = page.last() else { return Ok(rows) };
            before = oldest.day;
            for day in page {
                summarise(ctx, day.day)?;
                rows += 1;
            }
        }
    }
}

/// The counter as of now: the open day ends by itself. Nothing is written.
fn today(ctx: &Ctx<'_>, mut counter: Counter) -> Result<Counter, Reject> {
    if ctx.now >= counter.ends {
        let zone = Zone::named(&counter.zone)?;
        counter.day = zone.day_at(ctx.now).max(counter.day + 1);
        counter.ends = zone.begin_of(counter.day + 1)?;
    }
    Ok(counter)
}

/// The counter as of now, refused where the warm-up has not been started.
fn started(ctx: &Ctx<'_>) -> Result<Counter, Reject> {
    let counter = store::counter(ctx.sql)?;
    today(ctx, counter.ok_or_else(|| Reject::conflict("the warm-up has not been started"))?)
}

/// Writes the counter down, with a row for its open day.
fn open_day(ctx: &mut Ctx<'_>, counter: &Counter) -> Result<(), Reject> {
    store::save(ctx.sql, counter)?;
    if store::day(ctx.sql, counter.day)?.is_none() {
        let week = week_of(counter, counter.day);
        store::open(ctx.sql, counter.day, week, allowance(week), ctx.now)?;
        summarise(ctx, counter.day)?;
    }
    Ok(())
}

fn summarise(ctx: &mut Ctx<'_>, day: i64) -> Result<(), Reject> {
    let id = format!("{}/{}", inbox_of(ctx)?, zone::text(day));
    Ok(ctx.summarise(Table::WarmupDays, &id)?)
}

fn week_of(counter: &Counter, day: i64) -> i64 {
    (day - counter.started_on).max(0) / 7 + 1
}

fn inbox_of(ctx: &Ctx<'_>) -> Result<InboxId, Reject> {
    let name = ctx.instance.split_once('/').map(|(_, inbox)| inbox);
    name.and_then(|inbox| inbox.parse().ok()).ok_or_else(|| Reject::not_found("inbox"))
}

fn view(row: &Day) -> WarmupDay {
    WarmupDay {
        day: zone::text(row.day),
        week: row.week,
        allowance: row.allowance,
        reserved: row.reserved,
        sent: row.sent,
        left: (row.allowance - row.reserved - row.sent).max(0),
    }
}

/// The row of the open day, as it is or as it would be.
fn row_of(ctx: &Ctx<'_>, counter: &Counter) -> Result<Day, Reject> {
    let week = week_of(counter, counter.day);
    Ok(store::day(ctx.sql, counter.day)?.unwrap_or(Day {
        day: counter.day,
        week,
        allowance: allowance(week),
        reserved: 0,
        sent: 0,
        version: 0,
        updated_at: ctx.now as Millis,
    }))
}
