//! Asks models, one provider after the other: a call passes its provider's limits of requests and
//! of tokens, and the limiter hears what came of it.

use super::settings::Account;
use super::{Provider, Trouble, wire};
use crate::platform::{Platform, Point};
use crate::{limiter, log};
use actors::workspace_room::outreach::texts::order::Ask;
use schema::Millis;
use schema::limiter::{CallOutcome, LimitKind, RetryAfter};
use schema::room::writing::{WritingFailed, WritingOutcome, WritingUnavailable, Written};

/// How long a provider is left alone that has no quota left.
const NO_QUOTA_MS: Millis = 60 * 60 * 1000;
/// How long until all are asked again, where none says how long.
const AGAIN_MS: Millis = 60_000;

/// What models write; `refusals` texts were refused before, and each time another provider is asked
/// first.
pub async fn write<P: Platform>(platform: &P, ask: &Ask, refusals: i64) -> WritingOutcome {
    let accounts = platform.config().map(|config| &*config.models.accounts).unwrap_or_default();
    if accounts.is_empty() {
        let why = "no provider of language models is set up".into();
        return unavailable(why, NO_QUOTA_MS, false);
    }
    let first = usize::try_from(refusals).unwrap_or(0) % accounts.len();
    let (mut troubles, mut asked) = (Vec::new(), false);
    for account in accounts[first..].iter().chain(&accounts[..first]) {
        let trouble = match call(platform, account, ask, &mut asked).await {
            Ok(text) => {
                let provider = account.provider.as_str().to_owned();
                let facts = String::new();
                return WritingOutcome::Written(Written { provider, text, facts });
            }
            Err(trouble) => trouble,
        };
        troubles.push((account.provider, trouble));
    }
    none_wrote(&troubles, asked)
}

fn unavailable(why: String, retry_after_ms: Millis, asked: bool) -> WritingOutcome {
    WritingOutcome::Unavailable(WritingUnavailable { why, retry_after_ms, asked })
}

/// What came of it where none wrote: it failed where one was asked in vain, and none may write it
/// by and by. Whether any was `asked`, troubles do not say: our limits and a provider's own are one
/// trouble.
fn none_wrote(troubles: &[(Provider, Trouble)], asked: bool) -> WritingOutcome {
    let say = |(provider, trouble): &(Provider, Trouble)| {
        format!("{} {}", provider.as_str(), trouble.as_str())
    };
    let why = troubles.iter().map(say).collect::<Vec<_>>().join(", ");
    let is_final = troubles.iter().any(|(_, trouble)| trouble.is_final());
    if is_final && !troubles.iter().any(|(_, trouble)| trouble.passes()) {
        return WritingOutcome::Failed(WritingFailed { why });
    }
    let wait = |(_, trouble): &(Provider, Trouble)| match trouble {
        Trouble::Later(Some(ms)) => *ms,
        Trouble::Later(None) | Trouble::NoAnswer => AGAIN_MS,
        _ => NO_QUOTA_MS,
    };
    unavailable(why, troubles.iter().map(wait).min().unwrap_or(AGAIN_MS), asked)
}

/// Asks one provider, where its limits let the call pass: then it is `asked`.
async fn call<P: Platform>(
    platform: &P,
    account: &Account,
    ask: &Ask,
    asked: &mut bool,
) -> Result<String, Trouble> {
    let provider = account.provider;
    let pass = async |kind, cost| passed(platform, kind, provider, cost).await;
    let tell = async |outcome, probe| {
        limiter::report(platform, LimitKind::Ai, provider.as_str(), outcome, probe).await;
    };
    let probe = allowed(wire::tokens(ask), pass, tell).await?;
    *asked = true;
    let said = match platform.fetch(wire::request(account, ask)).await {
        Ok(answer) => wire::read(provider, ask, &answer),
        Err(_) => Err(Trouble::NoAnswer),
    };
    let word = said.as_ref().map_or_else(|trouble| trouble.as_str(), |_| "answered");
    if said.is_err() {
        log::error(platform, "model", &[("provider", provider.as_str()), ("why", word)]);
    }
    let labels = [provider.as_str(), word];
    platform.count(&Point { event: "model", labels: &labels, numbers: &[1.0] });
    let outcome = outcome_of(said.as_ref().err().copied());
    limiter::report(platform, LimitKind::Ai, provider.as_str(), outcome, probe).await;
    said
}

/// Whether a call of so many tokens may be made now, as far as its limits `pass` it; gives the
/// probe's number.
async fn allowed(
    tokens: u32,
    mut pass: impl AsyncFnMut(LimitKind, Option<u32>) -> Result<Option<i64>, Trouble>,
    mut tell: impl AsyncFnMut(CallOutcome, Option<i64>),
) -> Result<Option<i64>, Trouble> {
    // Tokens last: a provider that is not to be asked spends none.
    let probe = pass(LimitKind::Ai, None).await?;
    let Err(trouble) = pass(LimitKind::AiTokens, Some(tokens)).await else { return Ok(probe) };
    // What was let pass may be the one probe, whose end is waited for.
    let ms = if let Trouble::Later(Some(ms)) = trouble { ms } else { AGAIN_MS };
    tell(CallOutcome::RetryAfter(RetryAfter { ms }), probe).await;
    Err(trouble)
}

/// Whether one limit lets a call pass, and counts it; gives the probe's number.
async fn passed<P: Platform>(
    platform: &P,
    kind: LimitKind,
    provider: Provider,
    cost: Option<u32>,
) -> Result<Option<i64>, Trouble> {
    let reply = limiter::check(platform, kind, provider.as_str(), cost).await;
    let reply = reply.ok_or(Trouble::Later(None))?;
    if reply.allowed { Ok(reply.probe) } else { Err(Trouble::Later(Some(reply.retry_after_ms))) }
}

/// What the limiter hears: only what keeps a provider from answering at all is a failure.
fn outcome_of(trouble: Option<Trouble>) -> CallOutcome {
    match trouble {
        None
        | Some(Trouble::BadRequest | Trouble::TooLong | Trouble::Refused | Trouble::Unfinished) => {
            CallOutcome::Ok
        }
        Some(Trouble::Later(Some(ms))) => CallOutcome::RetryAfter(RetryAfter { ms }),
        Some(Trouble::NoQuota) => CallOutcome::RetryAfter(RetryAfter { ms: NO_QUOTA_MS }),
        Some(Trouble::Later(None) | Trouble::WrongKey | Trouble::NoAnswer) => CallOutcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn came(troubles: &[Trouble]) -> Result<Millis, String> {
        let of = |at: usize| Provider::ALL[at];
        let troubles = troubles.iter().enumerate().map(|(at, it)| (of(at), *it));
        match none_wrote(&troubles.collect::<Vec<_>>(), true) {
            WritingOutcome::Unavailable(later) => Ok(later.retry_after_ms),
            WritingOutcome::Failed(failed) => Err(failed.why),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_fails_only_where_a_model_said_so_and_no_other_may_still_write_it() {
        for (troubles, wait) in [
            (vec![Trouble::Later(Some(7_000)), Trouble::NoQuota], 7_000),
            (vec![Trouble::Refused, Trouble::Later(Some(7_000))], 7_000),
            (vec![Trouble::Unfinished, Trouble::NoAnswer], AGAIN_MS),
            (vec![Trouble::TooLong, Trouble::NoQuota], NO_QUOTA_MS),
            (vec![Trouble::BadRequest; 3], NO_QUOTA_MS),
            (vec![Trouble::WrongKey, Trouble::BadRequest], NO_QUOTA_MS),
            (vec![Trouble::BadRequest, Trouble::Later(None)], AGAIN_MS),
        ] {
            assert_eq!(came(&troubles), Ok(wait), "{troubles:?}");
        }
        let failed = "anthropic refused to write, openai does not take the request";
        assert_eq!(came(&[Trouble::Refused, Trouble::BadRequest]), Err(failed.into()));
        for trouble in [Trouble::Refused, Trouble::Unfinished, Trouble::TooLong] {
            assert!(came(&[trouble, Trouble::WrongKey]).is_err(), "{trouble:?}");
        }
    }

    type Passed = Result<Option<i64>, Trouble>;
    type Told = Vec<(CallOutcome, Option<i64>)>;

    /// What limits were asked and told, where they say this to requests and to tokens.
    fn passes(requests: Passed, tokens: Passed) -> (Passed, Vec<LimitKind>, Told) {
        let (mut asked, mut told) = (Vec::new(), Vec::new());
        let pass = async |kind: LimitKind, cost: Option<u32>| {
            asked.push(kind);
            assert_eq!(cost, (kind == LimitKind::AiTokens).then_some(1_600));
            if kind == LimitKind::Ai { requests } else { tokens }
        };
        let ended = {
            let tell = async |outcome: CallOutcome, probe: Option<i64>| told.push((outcome, probe));
            match pin!(allowed(1_600, pass, tell)).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(ended) => ended,
                Poll::Pending => panic!("it waits for nothing"),
            }
        };
        (ended, asked, told)
    }

    #[test]
    fn who_is_not_to_be_asked_spends_no_tokens_and_no_probe_is_left_open() {
        let both = vec![LimitKind::Ai, LimitKind::AiTokens];
        assert_eq!(passes(Ok(Some(3)), Ok(None)), (Ok(Some(3)), both.clone(), vec![]));
        let later = Trouble::Later(Some(7_000));
        let refused = passes(Err(later), Ok(None));
        assert_eq!(refused, (Err(later), vec![LimitKind::Ai], vec![]));
        let wait = CallOutcome::RetryAfter(RetryAfter { ms: 7_000 });
        let refused = passes(Ok(Some(3)), Err(later));
        assert_eq!(refused, (Err(later), both.clone(), vec![(wait, Some(3))]));
        let wait = CallOutcome::RetryAfter(RetryAfter { ms: AGAIN_MS });
        let unknown = Trouble::Later(None);
        assert_eq!(passes(Ok(Some(3)), Err(unknown)), (Err(unknown), both, vec![(wait, Some(3))]));
    }
}
