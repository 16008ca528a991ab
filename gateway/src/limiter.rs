//! What is asked and told the limiters of providers, be they of language models or of data, and of
//! visits: whether a call may be made now, and what came of it. What a refusal means is the
//! caller's business.

use crate::auth::DEPLOYMENT;
use crate::log;
use crate::platform::Platform;
use schema::ids::WorkspaceId;
use schema::limiter::{CallOutcome, Check, CheckReply, LimitKind, LimiterCommand, Report};
use schema::{ActorKind, Answer, Envelope, Principal, Reject, codec};
use serde::de::DeserializeOwned;

/// Asks whether one limit of a provider lets a call pass, and counts it; none where the limiter
/// does not answer, of which the log knows.
pub async fn check<P: Platform>(
    platform: &P,
    kind: LimitKind,
    provider: &str,
    cost: Option<u32>,
) -> Option<CheckReply> {
    let check = LimiterCommand::Check(Check { kind, cost });
    match ask(platform, DEPLOYMENT, kind, provider, &check).await {
        Ok(reply) => Some(reply),
        Err(reject) => {
            let fields = [("provider", provider), ("why", &*reject.message)];
            log::error(platform, "limits_not_checked", &fields);
            None
        }
    }
}

/// Whether one thing more may be done of what is limited in a workspace, or in [`DEPLOYMENT`], and
/// counts it; not where the limiter does not answer, of which the log knows.
pub async fn allows<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    kind: LimitKind,
    what: &str,
) -> bool {
    let check = LimiterCommand::Check(Check { kind, cost: None });
    let reply: Result<CheckReply, Reject> = ask(platform, workspace, kind, what, &check).await;
    if let Err(reject) = &reply {
        let fields = [("limit", kind.as_str()), ("why", &*reject.message)];
        log::error(platform, "limits_not_checked", &fields);
    }
    reply.is_ok_and(|reply| reply.allowed)
}

/// Tells a provider's limiter what came of a call; `probe` is what [`check`] gave. Where it does
/// not hear, the log knows.
pub async fn report<P: Platform>(
    platform: &P,
    kind: LimitKind,
    provider: &str,
    outcome: CallOutcome,
    probe: Option<i64>,
) {
    let report = LimiterCommand::Report(Report { kind, outcome, probe });
    let told: Result<serde_json::Value, Reject> =
        ask(platform, DEPLOYMENT, kind, provider, &report).await;
    if let Err(reject) = told {
        let fields = [("provider", provider), ("why", &*reject.message)];
        log::error(platform, "limits_not_told", &fields);
    }
}

async fn ask<P: Platform, T: DeserializeOwned>(
    platform: &P,
    workspace: WorkspaceId,
    kind: LimitKind,
    what: &str,
    command: &LimiterCommand,
) -> Result<T, Reject> {
    let instance = kind.instance(workspace, what);
    let envelope = Envelope::new(instance, Principal::system(workspace), None, command);
    match platform.call(ActorKind::RateLimiter, &envelope).await? {
        Answer::Rejected(reject) => Err(reject),
        Answer::Done { json, .. } => codec::read_json(&json),
    }
}
