//! Asks models, one provider after the other: a call passes its provider's limits of requests and
//! of tokens, and the limiter hears what came of it.

use super::settings::Account;
use super::{Provider, Trouble, wire};
use crate::auth::DEPLOYMENT;
use crate::log;
use crate::platform::{Platform, Point};
use actors::workspace_room::outreach::texts::order::Ask;
use schema::limiter::{
    CallOutcome, Check, CheckReply, LimitKind, LimiterCommand, Report, RetryAfter,
};
use schema::room::writing::{WritingFailed, WritingOutcome, WritingUnavailable, Written};
use schema::{ActorKind, Answer, Envelope, Millis, Principal, Reject, codec};
use serde::de::DeserializeOwned;

/// How long a provider is left alone that has no quota left.
const NO_QUOTA_MS: Millis = 60 * 60 * 1000;
/// How long until all are asked again, where none says how long.
const AGAIN_MS: Millis = 60_000;

/// What models write; `refusals` texts were refused before, and each time another provider is asked
/// first.
pub async fn write<P: Platform>(platform: &P, ask: &Ask, refusals: i64) -> WritingOutcome {
    let accounts = platform.config().map(|config| &*config.models.accounts).unwrap_or_default();
    let unavailable = |why: String, retry_after_ms| {
        WritingOutcome::Unavailable(WritingUnavailable { why, retry_after_ms })
    };
    if accounts.is_empty() {
        return unavailable("no provider of language models is set up".into(), NO_QUOTA_MS);
    }
    let first = usize::try_from(refusals).unwrap_or(0) % accounts.len();
    let (mut whys, mut wait, mut is_final) = (Vec::new(), None::<Millis>, false);
    for account in accounts[first..].iter().chain(&accounts[..first]) {
        let trouble = match call(platform, account, ask).await {
            Ok(text) => {
                let provider = account.provider.as_str().to_owned();
                let facts = String::new();
                return WritingOutcome::Written(Written { provider, text, facts });
            }
            Err(trouble) => trouble,
        };
        is_final |= trouble.is_final();
        whys.push(format!("{} {}", account.provider.as_str(), trouble.as_str()));
        if let Trouble::Later(Some(ms)) = trouble {
            wait = Some(wait.map_or(ms, |wait| wait.min(ms)));
        }
    }
    let why = whys.join(", ");
    if is_final {
        return WritingOutcome::Failed(WritingFailed { why });
    }
    unavailable(why, wait.unwrap_or(AGAIN_MS))
}

/// Asks one provider.
async fn call<P: Platform>(platform: &P, account: &Account, ask: &Ask) -> Result<String, Trouble> {
    let provider = account.provider;
    let probe = allowed(platform, provider, wire::tokens(ask)).await?;
    let said = match platform.fetch(wire::request(account, ask)).await {
        Ok(answer) => wire::read(provider, &answer),
        Err(_) => Err(Trouble::NoAnswer),
    };
    let word = said.as_ref().map_or_else(|trouble| trouble.as_str(), |_| "answered");
    if said.is_err() {
        log::error(platform, "model", &[("provider", provider.as_str()), ("why", word)]);
    }
    let labels = [provider.as_str(), word];
    platform.count(&Point { event: "model", labels: &labels, numbers: &[1.0] });
    let outcome = outcome_of(said.as_ref().err().copied());
    let report = LimiterCommand::Report(Report { kind: LimitKind::Ai, outcome, probe });
    let told: Result<serde_json::Value, Reject> =
        limiter(platform, LimitKind::Ai, provider, &report).await;
    if let Err(reject) = told {
        let fields = [("provider", provider.as_str()), ("why", &*reject.message)];
        log::error(platform, "limits_not_told", &fields);
    }
    said
}

/// Whether a call of so many tokens may be made now; gives the probe's number.
async fn allowed<P: Platform>(
    platform: &P,
    provider: Provider,
    tokens: u32,
) -> Result<Option<i64>, Trouble> {
    let mut probe = None;
    // Requests last: what they let pass is counted, and may be a probe.
    for (kind, cost) in [(LimitKind::AiTokens, Some(tokens)), (LimitKind::Ai, None)] {
        let check = LimiterCommand::Check(Check { kind, cost });
        let reply: CheckReply = match limiter(platform, kind, provider, &check).await {
            Ok(reply) => reply,
            Err(reject) => {
                let fields = [("provider", provider.as_str()), ("why", &*reject.message)];
                log::error(platform, "limits_not_checked", &fields);
                return Err(Trouble::Later(None));
            }
        };
        if !reply.allowed {
            return Err(Trouble::Later(Some(reply.retry_after_ms)));
        }
        probe = reply.probe;
    }
    Ok(probe)
}

async fn limiter<P: Platform, T: DeserializeOwned>(
    platform: &P,
    kind: LimitKind,
    provider: Provider,
    command: &LimiterCommand,
) -> Result<T, Reject> {
    let instance = kind.instance(DEPLOYMENT, provider.as_str());
    let envelope = Envelope::new(instance, Principal::system(DEPLOYMENT), None, command);
    match platform.call(ActorKind::RateLimiter, &envelope).await? {
        Answer::Rejected(reject) => Err(reject),
        Answer::Done { json, .. } => codec::read_json(&json),
    }
}

/// What the limiter hears: only what keeps a provider from answering at all is a failure.
fn outcome_of(trouble: Option<Trouble>) -> CallOutcome {
    match trouble {
        None | Some(Trouble::BadRequest | Trouble::Refused | Trouble::Unfinished) => {
            CallOutcome::Ok
        }
        Some(Trouble::Later(Some(ms))) => CallOutcome::RetryAfter(RetryAfter { ms }),
        Some(Trouble::NoQuota) => CallOutcome::RetryAfter(RetryAfter { ms: NO_QUOTA_MS }),
        Some(Trouble::Later(None) | Trouble::WrongKey | Trouble::NoAnswer) => CallOutcome::Failed,
    }
}
