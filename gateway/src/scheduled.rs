//! What cron triggers do.
//!
//! | trigger | what it does |
//! | --- | --- |
//! | [`Beat::Minute`] | wakes inboxes that read a mailbox; each fifth time, what [`watch`] wakes |
//! | [`Beat::Send`] | asks, on `send-queue`, for the turns of every workspace whose campaigns send |
//! | [`Beat::Morning`] | asks, on `prospect-queue`, for a look at sources, and at who waits there |
//! | [`Beat::Week`] | asks, on `send-queue`, for old decisions to be put away and a digest |
//!
//! The watchdog wakes what changed lately, what reads a mailbox, and where a campaign sends. An
//! object that is awake arms its alarm again, so a wake-up that the platform has dropped is made
//! good. None of it is needed while all goes well: objects have timers of their own. So a trigger
//! that does not go off costs time only, and one that goes off twice does its work once. Where
//! there are more of something than one trigger may ask for, each asks for others.

use crate::d1::{self, Known, ProspectFilter, ProspectRow};
use crate::gather::gather;
use crate::log;
use crate::platform::{Platform, Point};
use schema::envelope::KernelCommand;
use schema::ids::WorkspaceId;
use schema::limiter::{Check, CheckReply, LimitKind, LimiterCommand};
use schema::pipeline::{OfWorkspace, Work};
use schema::prospect::Stage;
use schema::{ActorKind, Answer, Envelope, Millis, Principal, Reject, codec};

/// A cron trigger of `wrangler.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Each minute.
    Minute,
    /// Every five minutes of working hours, in UTC.
    Send,
    /// Each day at seven.
    Morning,
    /// On Sundays at six.
    Week,
}

impl Beat {
    /// All of them, with what they are called in `wrangler.toml`. Days of the week have names
    /// there: Cloudflare counts them from 1, others from 0.
    pub const ALL: [(&str, Self); 4] = [
        ("* * * * *", Self::Minute),
        ("*/5 8-18 * * MON-SAT", Self::Send),
        ("0 7 * * *", Self::Morning),
        ("0 6 * * SUN", Self::Week),
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Send => "send",
            Self::Morning => "morning",
            Self::Week => "week",
        }
    }
}

/// A trigger goes off that was set for a time.
pub async fn beat<P: Platform>(platform: &P, cron: &str, set_for: Millis) {
    let Some((_, beat)) = Beat::ALL.into_iter().find(|(name, _)| *name == cron) else {
        log::error(platform, "cron_not_known", &[("cron", cron)]);
        return;
    };
    if !is_first(platform, beat).await {
        return;
    }
    match beat {
        Beat::Minute if (set_for / MINUTE_MS) % 5 == 0 => watch(platform).await,
        Beat::Minute => {
            let reading = some(platform, d1::INBOXES_THAT_READ).await;
            wake(platform, ActorKind::InboxState, reading).await;
        }
        Beat::Send => {
            let sending = some(platform, d1::WORKSPACES_WITH_CAMPAIGNS).await;
            ask(platform, sending, Work::TakeTurns).await;
        }
        Beat::Morning => ask_all(platform, Work::WakeProspects).await,
        Beat::Week => ask_all(platform, Work::ArchiveOutreach).await,
    }
}

/// Whether a trigger goes off for the first time in a while. Where nobody can say, it does: what it
/// does can be done twice.
async fn is_first<P: Platform>(platform: &P, beat: Beat) -> bool {
    let nobody = WorkspaceId(uuid::Uuid::nil());
    let instance = LimitKind::Cron.instance(nobody, beat.as_str());
    let check = LimiterCommand::Check(Check { kind: LimitKind::Cron, cost: None });
    let envelope = Envelope::new(instance, Principal::system(nobody), None, &check);
    match platform.call(ActorKind::RateLimiter, &envelope).await {
        Ok(Answer::Done { json, .. }) => {
            codec::read_json(&json).map_or(true, |reply: CheckReply| reply.allowed)
        }
        _ => true,
    }
}

/// Asks for a work in all workspaces, however many there are.
async fn ask_all<P: Platform>(platform: &P, work: fn(OfWorkspace) -> Work) {
    let mut after = String::new();
    loop {
        // All behind a page that cannot be had would have no such day.
        let page = || d1::after(platform, d1::WORKSPACES, &after, WAKES_MAX);
        let known = persist(page, |ms| platform.sleep(ms)).await;
        let full = known.as_ref().ok().filter(|known| known.len() as i64 >= WAKES_MAX);
        let last = full.and_then(|known| known.last()).map(|one| one.workspace_id.to_string());
        ask(platform, known, work).await;
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
}

/// Asks up to [`TRIES`] times, and waits longer each time.
async fn persist<T, Asked, Slept>(
    ask: impl Fn() -> Asked,
    sleep: impl Fn(u32) -> Slept,
) -> Result<T, Reject>
where
    Asked: Future<Output = Result<T, Reject>>,
    Slept: Future<Output = ()>,
{
    for tries in 1..TRIES {
        if let Ok(found) = ask().await {
            return Ok(found);
        }
        sleep(WAIT_MS << tries).await;
    }
    ask().await
}

/// Asks for a work in each workspace, on the work's queue.
async fn ask<P: Platform>(
    platform: &P,
    known: Result<Vec<Known>, Reject>,
    work: fn(OfWorkspace) -> Work,
) {
    let put = |known: Vec<Known>| async move {
        let of = |one: &Known| work(OfWorkspace { workspace_id: one.workspace_id });
        let Some(queue) = known.first().map(|one| of(one).queue()) else { return Ok(()) };
        let messages: Vec<_> = known.iter().map(|one| of(one).write()).collect();
        platform.enqueue_all(queue, &messages).await
    };
    let failed = match known {
        Ok(known) => {
            let some = known.chunks(MESSAGES_AT_ONCE).map(<[Known]>::to_vec).collect();
            gather(some, put).await.into_iter().find_map(Result::err)
        }
        Err(reject) => Some(reject),
    };
    if let Some(reject) = failed {
        log::error(platform, "cron", &[("why", &reject.message)]);
    }
}

/// Wakes the latest prospects of a workspace that nobody has written to yet: whoever waits for a
/// provider or a queue asks again.
///
/// # Errors
/// `unavailable`.
pub async fn wake_prospects<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
) -> Result<(), Reject> {
    let new = ProspectFilter::Stage(Stage::New.as_str().to_owned());
    let rows = d1::prospects(platform, workspace, &new, None, WAKES_MAX).await?;
    let known = |row: ProspectRow| Known { workspace_id: workspace, id: row.id.to_string() };
    let known = rows.into_iter().map(known).collect();
    wake(platform, ActorKind::ProspectDedup, Ok(known)).await;
    Ok(())
}

const MINUTE_MS: Millis = 60_000;
/// How often a page of workspaces is asked for, and half of the first wait.
const TRIES: u32 = 4;
const WAIT_MS: u32 = 250;
/// How many messages a queue takes at once.
const MESSAGES_AT_ONCE: usize = 100;
/// How far back a change counts as lately.
const WINDOW_MS: Millis = 24 * 60 * 60 * 1000;
/// How many objects of a kind are woken at most.
const WAKES_MAX: i64 = 200;

/// Wakes what changed lately.
pub async fn watch<P: Platform>(platform: &P) {
    let since = platform.now() - WINDOW_MS;
    let rooms = d1::workspaces_since(platform, since, WAKES_MAX).await;
    wake(platform, ActorKind::WorkspaceRoom, rooms).await;
    let inboxes = d1::inboxes_since(platform, since, WAKES_MAX).await;
    wake(platform, ActorKind::WarmupCounter, inboxes.clone()).await;
    wake(platform, ActorKind::InboxState, inboxes).await;
    wake(platform, ActorKind::InboxState, some(platform, d1::INBOXES_THAT_READ).await).await;
    let sending = some(platform, d1::WORKSPACES_WITH_CAMPAIGNS).await;
    wake(platform, ActorKind::WorkspaceRoom, sending).await;
}

/// Some of those that work by themselves: others each time, where there are many. Nothing of them
/// changes while nothing is due.
async fn some<P: Platform>(platform: &P, which: &str) -> Result<Vec<Known>, Reject> {
    let somewhere = crate::token::hex(&platform.random()[..4]);
    let mut known = d1::after(platform, which, &somewhere, WAKES_MAX).await?;
    if (known.len() as i64) < WAKES_MAX {
        let rest = WAKES_MAX - known.len() as i64;
        let first = d1::after(platform, which, "", rest).await?;
        known.extend(first.into_iter().filter(|one| one.id <= somewhere));
    }
    Ok(known)
}

async fn wake<P: Platform>(platform: &P, kind: ActorKind, known: Result<Vec<Known>, Reject>) {
    let known = match known {
        Ok(known) => known,
        Err(reject) => {
            let fields = [("actor", kind.binding()), ("why", &reject.message)];
            log::error(platform, "watchdog", &fields);
            return;
        }
    };
    let asked = gather(known, |known| async move {
        let instance = instance(kind, known.workspace_id, &known.id);
        let principal = Principal::system(known.workspace_id);
        let envelope = Envelope::kernel(instance, principal, &KernelCommand::Wake);
        platform.call(kind, &envelope).await
    });
    let trouble = asked.await.into_iter().filter_map(|answer| match answer {
        Err(reject) | Ok(Answer::Rejected(reject)) => Some(reject),
        Ok(Answer::Done { .. }) => None,
    });
    let trouble: Vec<Reject> =
        trouble.filter(|reject| reject.code != schema::Code::NotFound).collect();
    if let Some(first) = trouble.first() {
        let count = trouble.len().to_string();
        let fields = [("actor", kind.binding()), ("failed", &count), ("why", &first.message)];
        log::error(platform, "watchdog", &fields);
        let numbers = [trouble.len() as f64];
        let labels = [kind.binding()];
        platform.count(&Point { event: "watchdog", labels: &labels, numbers: &numbers });
    }
}

fn instance(kind: ActorKind, workspace: WorkspaceId, id: &str) -> String {
    match kind {
        ActorKind::WorkspaceRoom => workspace.to_string(),
        _ => format!("{workspace}/{id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::Code;
    use std::cell::RefCell;
    use std::future::ready;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn what_cannot_be_had_at_once_is_asked_for_a_few_times_and_no_more() {
        for (fails, waits) in [(0, vec![]), (2, vec![500, 1_000]), (9, vec![500, 1_000, 2_000])] {
            let (asked, slept) = (RefCell::new(0), RefCell::new(Vec::new()));
            let ask = || {
                *asked.borrow_mut() += 1;
                let is_there = fails < *asked.borrow();
                ready(is_there.then_some(()).ok_or(Reject::new(Code::Unavailable, "it is away")))
            };
            let sleep = |ms| {
                slept.borrow_mut().push(ms);
                ready(())
            };
            let found = pin!(persist(ask, sleep)).poll(&mut Context::from_waker(Waker::noop()));
            let Poll::Ready(found) = found else { panic!("nothing waits") };
            assert_eq!(found.is_ok(), fails < 4, "{fails}");
            assert_eq!(slept.into_inner(), waits, "{fails}");
        }
    }

    #[test]
    fn the_triggers_of_every_environment_are_known() {
        let config = include_str!("../../wrangler.toml");
        let names = Beat::ALL.map(|(name, _)| format!("{name:?}")).join(", ");
        let lines: Vec<&str> = config.lines().filter(|line| line.starts_with("crons = ")).collect();
        assert_eq!(lines, vec![format!("crons = [{names}]"); 3]);
    }
}
