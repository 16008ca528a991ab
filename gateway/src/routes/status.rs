//! How things stand: each inbox and warm-up is asked itself; D1 only says which there are.

use crate::app::{Call, read};
use crate::auth::{self, DEPLOYMENT};
use crate::cursor::Cursor;
use crate::d1::{self, InboxRow};
use crate::gather::gather;
use crate::platform::Platform;
use crate::query::Query;
use crate::respond::Reply;
use schema::ids::InboxId;
use schema::inbox::{GetInbox, InboxCommand, InboxView};
use schema::limiter::{GetLimiter, LimitKind, LimiterCommand, LimiterStatus, Quota};
use schema::warmup::{DAYS_MAX, GetWarmup, WarmupCommand, WarmupStatus};
use schema::{ActorKind, Caller, Permission, Principal, Reject};
use serde::Serialize;

/// The inboxes that a status request is about, and where the next page begins.
async fn page<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    known: &[&str],
) -> Result<(Vec<InboxId>, Option<String>), Reject> {
    let query = call.query(known)?;
    let list = format!("status|{}", principal.workspace);
    if let Some(inbox) = query.parse::<InboxId>("inboxId", "an inbox's id")? {
        // Of one there are no pages; what is asked of them must be right all the same.
        query.limit()?;
        opened(call, &list, &query)?;
        return Ok((vec![inbox], None));
    }
    let (rows, next) = rows(call, principal, &list, &query).await?;
    Ok((rows.into_iter().map(|row| row.id).collect(), next))
}

/// A page of a workspace's inboxes, and where the next one begins.
///
/// # Errors
/// `invalid_input`, `unavailable`.
pub async fn rows<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    list: &str,
    query: &Query,
) -> Result<(Vec<InboxRow>, Option<String>), Reject> {
    let (limit, keys) = (query.limit()?, &call.config.keys);
    let after = opened(call, list, query)?;
    let mut rows =
        d1::inboxes(call.platform, principal.workspace, after.as_ref(), limit + 1).await?;
    let next = Cursor::cut(&mut rows, limit, |row| (row.created_at.unwrap_or(0), row.id));
    Ok((rows, next.map(|cursor| cursor.seal(keys, list))))
}

fn opened<P: Platform>(
    call: &Call<'_, P>,
    list: &str,
    query: &Query,
) -> Result<Option<Cursor>, Reject> {
    let cursor = query.cursor()?;
    cursor.map(|text| Cursor::open(&call.config.keys, list, &text)).transpose()
}

/// `GET /api/status/inboxes`.
///
/// # Errors
/// `unauthorized`, `invalid_input`, `unavailable`.
pub async fn inboxes<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Read).await?;
    let (ids, next) = page(&call, &principal, &["inboxId", "limit", "cursor"]).await?;
    let command = InboxCommand::Status(GetInbox {});
    let asked = gather(ids, |id| {
        let instance = format!("{}/{id}", principal.workspace);
        call.ask(ActorKind::InboxState, instance, principal.clone(), None, &command)
    });
    Reply::list(&present::<InboxView>(asked.await)?, next)
}

/// `GET /api/status/warmup`.
///
/// # Errors
/// `unauthorized`, `invalid_input`, `unavailable`.
pub async fn warmup<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Read).await?;
    let known = ["inboxId", "days", "limit", "cursor"];
    let days = call.query(&known)?.count("days")?;
    if days.is_some_and(|days| !(0..=DAYS_MAX).contains(&days)) {
        return Err(Reject::field("days", format!("must be from 0 to {DAYS_MAX}")));
    }
    let (ids, next) = page(&call, &principal, &known).await?;
    let command = WarmupCommand::Status(GetWarmup { days });
    let asked = gather(ids, |id| {
        let instance = format!("{}/{id}", principal.workspace);
        call.ask(ActorKind::WarmupCounter, instance, principal.clone(), None, &command)
    });
    Reply::list(&present::<WarmupStatus>(asked.await)?, next)
}

/// Leaves out what is not there: an inbox without a warm-up, or one that D1 knows too much of.
fn present<T: serde::de::DeserializeOwned>(
    replies: Vec<Result<Reply, Reject>>,
) -> Result<Vec<T>, Reject> {
    let found = replies.into_iter().filter(|reply| match reply {
        // A warm-up that was never begun refuses by its state.
        Err(reject) => !matches!(reject.code, schema::Code::NotFound | schema::Code::Conflict),
        Ok(_) => true,
    });
    found.map(|reply| read(&reply?)).collect()
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limits {
    kinds: Vec<Kind>,
    limiters: Vec<LimiterStatus>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "LimitKindQuotas"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kind {
    kind: LimitKind,
    quotas: &'static [Quota],
}

/// `GET /api/status/rate-limits`: what is limited to how much, and where the caller's own address
/// stands; with `kind` and `what`, where one limiter stands (those of the deployment are shown to
/// who operates it).
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `unavailable`.
pub async fn rate_limits<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["kind", "what"])?;
    let principal = call.principal()?;
    if principal.caller != Caller::Operator {
        auth::may(&call, principal, Permission::Read).await?;
    }
    let address = call.request.address();
    let wanted: Vec<(LimitKind, String)> = match query.name::<LimitKind>("kind")? {
        None => vec![
            (LimitKind::Login, address.clone()),
            (LimitKind::Register, address.clone()),
            (LimitKind::Token, address),
        ],
        Some(kind) => {
            let what = query.text("what")?.unwrap_or(address);
            auth::operates(&call).await?;
            vec![(kind, what)]
        }
    };
    let (command, system) = (LimiterCommand::Status(GetLimiter {}), Principal::system(DEPLOYMENT));
    let asked = gather(wanted, |(kind, what)| {
        let instance = kind.instance(DEPLOYMENT, &what);
        call.ask(ActorKind::RateLimiter, instance, system.clone(), None, &command)
    });
    let kinds = LimitKind::ALL.into_iter().map(|kind| Kind { kind, quotas: kind.quotas() });
    let limiters = present(asked.await)?;
    Reply::of(&Limits { kinds: kinds.collect(), limiters })
}
