//! Tasks at Microsoft, with the deployment's settings and keys.
//!
//! Where `SEND_MODE` is `dry`, a mail stays: no draft is made, and it counts as sent.

use super::fetch::{DEADLINE, Fetching};
use super::files::{self, Stored};
use super::seal_keys;
use crate::kernel::drain::LEASE_MS;
use crate::mail::attach::Missing;
use crate::mail::graph::{
    Application, Draft, GraphError, MicrosoftJob, MicrosoftOutcome, PIECES_MS, Subscribe, Task,
    Vault, carry_out,
};
use crate::mail::send_mode::SendMode;
use worker::Env;

// A draft with large files ends before it would be begun again.
const _: () = {
    let last = files::LIMIT.as_millis() + 3 * DEADLINE.as_millis();
    assert!(PIECES_MS as u128 + last < LEASE_MS as u128);
};

/// Does a task.
pub(super) async fn perform(env: &Env, job: &MicrosoftJob) -> MicrosoftOutcome {
    match ready(env, job).await {
        Ok(outcome) => outcome,
        Err(why) => MicrosoftOutcome::NotTried { why },
    }
}

async fn ready(env: &Env, job: &MicrosoftJob) -> Result<MicrosoftOutcome, String> {
    let var = |name: &str| env.var(name).ok().map(|value| value.to_string());
    let mode = SendMode::parse(var("SEND_MODE").as_deref())?;
    match (&job.task, mode) {
        (Task::Draft { .. } | Task::LargeDraft { .. }, SendMode::Dry) => {
            let (id, message_id) = ("dry".into(), String::new());
            return Ok(MicrosoftOutcome::Drafted(Draft { id, message_id }));
        }
        (Task::Send(_), SendMode::Dry) => return Ok(MicrosoftOutcome::Sent),
        _ => {}
    }
    let application = Application::read(var)?.ok_or("MICROSOFT_CLIENT_ID is not set")?;
    let keys = seal_keys(env)?;
    let vault = Vault { keys: &keys, nonce };
    if let Task::Subscribe(asked) = &job.task {
        let Some(base) = var("PUBLIC_URL").filter(|base| !base.trim().is_empty()) else {
            return Ok(MicrosoftOutcome::NoAddress);
        };
        let url = format!("{}/webhooks/graph", base.trim().trim_end_matches('/'));
        let job = with(job, Task::Subscribe(Subscribe { url, ..asked.clone() }));
        return Ok(carry_out(&Fetching, &Stored(env), &application, &vault, &job).await);
    }
    let Task::Draft { content, files, end } = &job.task else {
        return Ok(carry_out(&Fetching, &Stored(env), &application, &vault, job).await);
    };
    let content = match files::whole(env, content, files, end).await {
        Ok(content) => content,
        Err(Missing::Gone(why)) => return Ok(MicrosoftOutcome::Unmade { why }),
        Err(Missing::Later(text)) => {
            return Ok(MicrosoftOutcome::Failed(GraphError::Broken { text }));
        }
    };
    let job = with(job, Task::Draft { content, files: Vec::new(), end: Vec::new() });
    Ok(carry_out(&Fetching, &Stored(env), &application, &vault, &job).await)
}

/// The job with another task. The one that it has may hold a whole mail, and is not copied.
fn with(job: &MicrosoftJob, task: Task) -> MicrosoftJob {
    let (owner, sealed_token) = (job.owner.clone(), job.sealed_token.clone());
    MicrosoftJob { owner, sealed_token, task }
}

/// The last six bytes of a random UUID are random.
fn nonce() -> [u8; 12] {
    let (one, other) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let mut nonce = [0; 12];
    nonce[..6].copy_from_slice(&one.as_bytes()[10..]);
    nonce[6..].copy_from_slice(&other.as_bytes()[10..]);
    nonce
}
