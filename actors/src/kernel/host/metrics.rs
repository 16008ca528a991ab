//! What operators count, written to Analytics Engine; where that is not bound, nothing happens.
//!
//! The first blob is the event, the others are labels: names of ours, never what a person wrote.

use crate::kernel::{Effect, MailOutcome, Outcome, PostFate};
use crate::mail::graph::{GraphError, MicrosoftOutcome};
use crate::mail::mailbox::ReadEnd;
use wasm_bindgen::prelude::*;
use worker::Env;

#[wasm_bindgen(module = "/src/kernel/host/metrics.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = write)]
    fn write_point(
        env: &JsValue,
        binding: &str,
        labels: &str,
        numbers: &[f64],
    ) -> Result<(), JsValue>;
}

/// The binding.
const BINDING: &str = "METRICS";
/// What a row for D1 is called.
const D1: &str = "d1";

/// Writes one data point.
pub fn write(env: &Env, event: &str, labels: &[&str], numbers: &[f64]) {
    let mut lines = event.to_owned();
    for label in labels {
        debug_assert!(!label.contains('\n'), "a label is a name of ours");
        lines.push('\n');
        lines.push_str(label);
    }
    // What cannot be counted is lost; nothing hangs on it.
    let _ = write_point(env.as_ref(), BINDING, &lines, numbers);
}

/// What an effect is called where it failed.
pub(super) const fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Summary(_) => D1,
        Effect::Call { .. } => "actor",
        Effect::Mail(_) => "mail",
        Effect::Mailbox(_) => "mailbox",
        Effect::Microsoft(_) => "microsoft",
        Effect::Post(_) => "webhook",
        Effect::Forget(_) => "storage",
        Effect::Queue { .. } => "queue",
        Effect::Nothing => "nothing",
    }
}

/// Counts what came of an effect of a name.
pub(super) fn outcome(env: &Env, name: &str, outcome: &Outcome) {
    match outcome {
        Outcome::Mail(mail) => {
            let fate = match mail {
                MailOutcome::Accepted { .. } => "accepted",
                MailOutcome::Refused { permanent: true, .. } => "refused",
                MailOutcome::Refused { .. } => "deferred",
                MailOutcome::NotSent { .. } | MailOutcome::Unmade { .. } => "not_sent",
                MailOutcome::Busy { .. } => "busy",
                MailOutcome::Unknown { .. } => "unknown",
            };
            write(env, "mail.out", &[fate], &[1.0]);
        }
        Outcome::Mailbox(read) => {
            let end = match read.end {
                ReadEnd::AllRead => "all_read",
                ReadEnd::More => "more",
                ReadEnd::SentFailed { .. } => "sent_failed",
                ReadEnd::Failed { .. } => "failed",
            };
            let passed_over = read.passed_over.len() as f64;
            let numbers = [read.taken as f64, read.duplicates as f64, passed_over];
            write(env, "mailbox", &[end], &numbers);
        }
        Outcome::Microsoft(outcome) => {
            write(env, "microsoft", &[microsoft(outcome)], &[1.0]);
        }
        Outcome::Posted(posted) => {
            for one in posted {
                let (fate, status) = match &one.fate {
                    PostFate::Answered { status: 200..=299, .. } => ("delivered", "2xx"),
                    PostFate::Answered { status: 300..=399, .. } => ("failed", "3xx"),
                    PostFate::Answered { status: 400..=499, .. } => ("failed", "4xx"),
                    PostFate::Answered { .. } => ("failed", "5xx"),
                    PostFate::Unanswered { .. } => ("failed", "none"),
                };
                write(env, "webhook", &[fate, status], &[one.took_ms as f64]);
            }
        }
        Outcome::Failed { .. } => write(env, "outbox.failed", &[name], &[1.0]),
        Outcome::Rejected(_) if name == D1 => write(env, "outbox.failed", &["d1_refused"], &[1.0]),
        // The last two are not the world's: the kernel itself says so.
        Outcome::Done(_)
        | Outcome::Rejected(_)
        | Outcome::Unknown { .. }
        | Outcome::GaveUp { .. } => {}
    }
}

/// What came of a task, by name.
const fn microsoft(outcome: &MicrosoftOutcome) -> &'static str {
    match outcome {
        MicrosoftOutcome::Refreshed(_) => "refreshed",
        MicrosoftOutcome::NoTokens(_) => "no_tokens",
        MicrosoftOutcome::Drafted(_) => "drafted",
        MicrosoftOutcome::Sent => "sent",
        MicrosoftOutcome::Found(_) => "found",
        MicrosoftOutcome::Subscribed(_) => "subscribed",
        MicrosoftOutcome::NoAddress => "no_address",
        MicrosoftOutcome::Failed(GraphError::Throttled { .. }) => "throttled",
        MicrosoftOutcome::Failed(_) => "failed",
        MicrosoftOutcome::NotTried { .. } | MicrosoftOutcome::Unmade { .. } => "not_tried",
    }
}
