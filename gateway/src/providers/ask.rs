//! A call to a provider: not if its answer is kept, only when its limiter allows it, and the
//! limiter hears what came of it.

use super::call::{Call, Pairs};
use super::settings::Account;
use super::waterfall::Desk;
use super::{LIMITED_MS, Provider, Said, Trouble};
use crate::platform::{Platform, Point};
use crate::token::sha256_hex;
use crate::{limiter, log};
use schema::ids::WorkspaceId;
use schema::limiter::{CallOutcome, CheckReply, Denial, LimitKind, RetryAfter};
use schema::prospect::Verdict;
use schema::{Millis, codec};

const KIND: LimitKind = LimitKind::Data;
/// How long a call waits for its turn before the work is put off.
const PATIENCE_MS: Millis = 2_000;

/// Asks for one workspace, and counts what it costs.
pub struct Counter<'a, P> {
    platform: &'a P,
    workspace: WorkspaceId,
    cost_micros: i64,
}

impl<'a, P: Platform> Counter<'a, P> {
    /// Nothing is asked yet.
    pub const fn new(platform: &'a P, workspace: WorkspaceId) -> Self {
        Self { platform, workspace, cost_micros: 0 }
    }

    /// What was paid, in millionths of a dollar.
    #[must_use]
    pub const fn cost_micros(&self) -> i64 {
        self.cost_micros
    }

    /// Makes the call, where the limiter allows it.
    async fn call(
        &self,
        call: &Call<'_>,
        account: &Account,
        pairs: &Pairs,
    ) -> Result<Said, Trouble> {
        let provider = call.provider();
        let probe = self.allowed(provider).await?;
        let said = match self.platform.fetch(call.request(account, pairs)).await {
            Ok(answer) => call.read(&answer),
            Err(actors::mail::graph::NoAnswer::TooLarge) => Err(Trouble::BadAnswer),
            Err(actors::mail::graph::NoAnswer::Broken { .. }) => Err(Trouble::NoAnswer),
        };
        let word = said.as_ref().map_or_else(|trouble| trouble.as_str(), |_| "answered");
        if said.is_err() {
            let fields = [("call", call.name()), ("why", word)];
            log::error(self.platform, "provider", &fields);
        }
        let labels = [call.name(), word];
        self.platform.count(&Point { event: "provider", labels: &labels, numbers: &[1.0] });
        let outcome = outcome_of(&said);
        limiter::report(self.platform, KIND, provider.as_str(), outcome, probe).await;
        said
    }

    /// Waits until the limiter allows a call, if that is soon; gives the probe's number.
    async fn allowed(&self, provider: Provider) -> Result<Option<i64>, Trouble> {
        let mut patience = PATIENCE_MS;
        loop {
            let reply = limiter::check(self.platform, KIND, provider.as_str(), None).await;
            let reply = reply.ok_or(Trouble::Later(None))?;
            if reply.allowed {
                return Ok(reply.probe);
            }
            let wait = reply.retry_after_ms.max(1);
            if wait > patience {
                return Err(denied(&reply));
            }
            patience -= wait;
            self.platform.sleep(u32::try_from(wait).unwrap_or(u32::MAX)).await;
        }
    }
}

impl<P: Platform> Desk for Counter<'_, P> {
    async fn ask(&mut self, call: &Call<'_>) -> Result<Option<Said>, Trouble> {
        let config = self.platform.config().map_err(|_| Trouble::NoAnswer)?;
        let (Some(account), Some(pairs)) =
            (config.providers.account(call.provider()), call.pairs())
        else {
            return Ok(None);
        };
        let key = key(self.workspace, call, &pairs);
        let kept = self.platform.kept(&key).await;
        if let Some(said) = kept.and_then(|text| codec::read_json(text.as_bytes()).ok()) {
            return Ok(Some(said));
        }
        let said = self.call(call, account, &pairs).await?;
        if said.is_charged {
            self.cost_micros = self.cost_micros.saturating_add(config.providers.price(call));
        }
        if said.verdict != Some(Verdict::Unknown) {
            let text = String::from_utf8(codec::to_json(&said)).unwrap_or_default();
            self.platform.keep(&key, &text).await;
        }
        Ok(Some(said))
    }
}

/// Where an answer is kept: for the workspace alone that paid for it, under no word of what was
/// asked.
fn key(workspace: WorkspaceId, call: &Call<'_>, pairs: &Pairs) -> String {
    let asked = codec::to_json(&(workspace, call.name(), pairs));
    format!("provider:{}", sha256_hex(&asked))
}

/// Why the limiter allows no call: a quota that is used up, ours or the provider's own, is a limit;
/// else the provider failed.
fn denied(reply: &CheckReply) -> Trouble {
    let wait = Some(reply.retry_after_ms.max(1));
    match reply.denial {
        Some(Denial::Quota) => Trouble::Limited(wait),
        Some(Denial::BackOff | Denial::Circuit) | None => Trouble::Later(wait),
    }
}

/// What the limiter hears: only what keeps a provider from answering at all is a failure.
fn outcome_of(said: &Result<Said, Trouble>) -> CallOutcome {
    match said {
        Ok(_) | Err(Trouble::Running | Trouble::Refused) => CallOutcome::Ok,
        Err(Trouble::Later(Some(ms))) => CallOutcome::RetryAfter(RetryAfter { ms: *ms }),
        Err(Trouble::Limited(ms)) => {
            CallOutcome::RetryAfter(RetryAfter { ms: ms.unwrap_or(LIMITED_MS) })
        }
        Err(_) => CallOutcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_kept_for_each_workspace_by_itself_under_a_hash() {
        let (one, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let (one, other) = (WorkspaceId(one), WorkspaceId(other));
        let key_of = |workspace, call: Call<'_>| {
            key(workspace, &call, &call.pairs().expect("it can be asked"))
        };
        let ann = key_of(one, Call::HunterVerify("ann@acme.example"));
        assert_eq!(ann.len(), "provider:".len() + 64);
        assert_eq!(ann, key_of(one, Call::HunterVerify("ann@acme.example")));
        assert_ne!(ann, key_of(other, Call::HunterVerify("ann@acme.example")));
        assert_ne!(ann, key_of(one, Call::HunterVerify("bob@acme.example")));
        assert_ne!(ann, key_of(one, Call::MillionVerify("ann@acme.example")));
    }

    #[test]
    fn an_open_circuit_is_no_limit_and_a_quota_that_is_used_up_is_one() {
        let reply = |denial, retry_after_ms| CheckReply {
            allowed: false,
            retry_after_ms,
            denial: Some(denial),
            probe: None,
        };
        assert_eq!(denied(&reply(Denial::Circuit, 60_000)), Trouble::Later(Some(60_000)));
        assert_eq!(denied(&reply(Denial::BackOff, 4_000)), Trouble::Later(Some(4_000)));
        assert_eq!(denied(&reply(Denial::Quota, 9_000)), Trouble::Limited(Some(9_000)));
        assert_eq!(denied(&reply(Denial::Quota, 0)), Trouble::Limited(Some(1)));
    }

    #[test]
    fn a_provider_that_answers_has_not_failed_whatever_it_says() {
        let wait = |ms| CallOutcome::RetryAfter(RetryAfter { ms });
        for (said, outcome) in [
            (Ok(Said::default()), CallOutcome::Ok),
            (Err(Trouble::Running), CallOutcome::Ok),
            (Err(Trouble::Refused), CallOutcome::Ok),
            (Err(Trouble::Later(Some(17_000))), wait(17_000)),
            (Err(Trouble::Limited(Some(17_000))), wait(17_000)),
            (Err(Trouble::Limited(None)), wait(10_000)),
            (Err(Trouble::Later(None)), CallOutcome::Failed),
            (Err(Trouble::WrongKey), CallOutcome::Failed),
            (Err(Trouble::NoCredits), CallOutcome::Failed),
            (Err(Trouble::BadAnswer), CallOutcome::Failed),
            (Err(Trouble::NoAnswer), CallOutcome::Failed),
        ] {
            assert_eq!(outcome_of(&said), outcome, "{said:?}");
        }
    }
}
