//! How a provider is: back-off after failures, and a circuit that opens after several in a row.
//!
//! Closed, each failure in a row doubles the time that the provider is left alone; after
//! [`FAILURES_MAX`] the circuit opens. Open, nothing is allowed for a while, then it is half open:
//! one probe at a time may try. Its success closes the circuit, its failure opens it for twice as
//! long. A probe whose report does not come is given up after [`PROBE_MS`]. Reports of calls that
//! were begun before the circuit opened change nothing.

use super::store::Provider;
use schema::Millis;
use schema::limiter::{CallOutcome, Circuit};

/// After how many failures in a row the circuit opens.
pub const FAILURES_MAX: i64 = 5;
/// How long a probe's report is waited for.
pub const PROBE_MS: Millis = 60_000;
/// The longest wait that a provider may ask for.
pub const RETRY_AFTER_MS_MAX: Millis = 24 * 60 * 60 * 1000;

const BACK_OFF_MS: Millis = 500;
const OPEN_MS: Millis = 30_000;
const OPEN_MS_MAX: Millis = 15 * 60_000;

/// The circuit as of now: an open one becomes half open by itself.
#[must_use]
pub fn circuit(provider: &Provider, now: Millis) -> Circuit {
    match provider.circuit {
        Circuit::Open if now >= provider.blocked_until => Circuit::HalfOpen,
        other => other,
    }
}

/// Whether nothing is known of it that a limiter which has never heard of it would not say as well.
#[must_use]
pub fn is_well(provider: &Provider, now: Millis) -> bool {
    let failed = provider.failures > 0 || provider.opened > 0;
    provider.circuit == Circuit::Closed && !failed && provider.blocked_until <= now
}

/// How long nothing is allowed, whatever the quota says; 0 where it may be.
#[must_use]
pub fn wait(provider: &Provider, now: Millis) -> Millis {
    let until = match circuit(provider, now) {
        Circuit::HalfOpen => provider.blocked_until.max(provider.probe_until),
        Circuit::Closed | Circuit::Open => provider.blocked_until,
    };
    (until - now).max(0)
}

/// Whether it is left alone for longer than its failures would have it: it asked for that itself.
#[must_use]
pub fn is_asked(provider: &Provider, now: Millis) -> bool {
    let for_failures = match circuit(provider, now) {
        Circuit::Closed => back_off(provider.failures),
        Circuit::Open => open_for(provider.opened - 1),
        Circuit::HalfOpen => return false,
    };
    wait(provider, now) > for_failures
}

/// How long a provider is left alone after so many failures in a row, while the circuit is closed.
const fn back_off(failures: i64) -> Millis {
    if failures == 0 { 0 } else { BACK_OFF_MS << failures }
}

/// How long the circuit is open that was opened so often before.
fn open_for(opened: i64) -> Millis {
    let doublings = u32::try_from(opened.clamp(0, 10)).unwrap_or(10);
    (OPEN_MS << doublings).min(OPEN_MS_MAX)
}

/// The provider with a new probe under way.
#[must_use]
pub fn with_probe(provider: &Provider, now: Millis) -> Provider {
    Provider {
        circuit: Circuit::HalfOpen,
        probe: provider.probe + 1,
        probe_until: now + PROBE_MS,
        ..provider.clone()
    }
}

/// The provider after a report; none where the report changes nothing.
#[must_use]
pub fn after(
    provider: &Provider,
    now: Millis,
    outcome: CallOutcome,
    probe: Option<i64>,
) -> Option<Provider> {
    let mut next = provider.clone();
    match circuit(provider, now) {
        Circuit::Open => return None,
        Circuit::HalfOpen => {
            if probe != Some(provider.probe) || provider.probe_until == 0 {
                return None;
            }
            next.probe_until = 0;
            match outcome {
                CallOutcome::Ok => close(&mut next),
                CallOutcome::Failed => open(&mut next, now),
                // It answers, and wants to be left alone: half open until then.
                CallOutcome::RetryAfter(retry) => {
                    next.circuit = Circuit::Open;
                    next.blocked_until = now + retry.ms.clamp(0, RETRY_AFTER_MS_MAX);
                }
            }
        }
        Circuit::Closed => match outcome {
            CallOutcome::Ok => {
                if provider.failures == 0 {
                    return None;
                }
                next.failures = 0;
            }
            CallOutcome::Failed => {
                next.failures += 1;
                if next.failures >= FAILURES_MAX {
                    open(&mut next, now);
                } else {
                    let until = now + back_off(next.failures);
                    next.blocked_until = next.blocked_until.max(until);
                }
            }
            CallOutcome::RetryAfter(retry) => {
                let until = now + retry.ms.clamp(0, RETRY_AFTER_MS_MAX);
                next.blocked_until = next.blocked_until.max(until);
            }
        },
    }
    Some(next)
}

fn close(provider: &mut Provider) {
    provider.circuit = Circuit::Closed;
    provider.failures = 0;
    provider.opened = 0;
    provider.blocked_until = 0;
}

fn open(provider: &mut Provider, now: Millis) {
    provider.circuit = Circuit::Open;
    provider.blocked_until = provider.blocked_until.max(now + open_for(provider.opened));
    provider.opened += 1;
}
