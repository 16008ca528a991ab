//! The consumers of the pipeline's queues, told apart by the queue's name.
//!
//! A message is done with, or comes back after a growing time, or is a dead letter: at once where
//! no waiting makes it better, else after its last try; where only a newer build may read it, it
//! waits for that as long. One that ends the Worker on each try is moved to `dead-letter-queue` by
//! the platform, without a reason.

use crate::platform::Platform;
use crate::{
    dead_letters, email, imports, log, maintenance, prospect_work, scheduled, scrape, writing,
};
use schema::dead_letter::Consumed;
use schema::pipeline::{Queue, StoredMail, Unread, Work};
use schema::prospect::WorkKind;
use schema::{Millis, Reject};

/// A message as the platform hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The platform's name for it.
    pub id: String,
    /// When it was put on its queue.
    pub sent_at: Millis,
    /// How often it has come, this time included.
    pub attempts: i64,
    /// What it says.
    pub text: String,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done with.
    Done,
    /// It comes back after so many seconds.
    Again(u32),
}

/// The first delay; each is twice the one before.
const DELAY_S: u32 = 30;
/// The longest.
const DELAY_S_MAX: u32 = 60 * 60;
/// After so many tries a message is a dead letter: fewer than the platform gives it, see
/// `wrangler.toml`, so that its reason is known.
const ATTEMPTS_MAX: i64 = 10;
/// What is known of a message that the platform has moved.
const MOVED: &str = "given up by the platform: no try of it ended";

/// Consumes a batch of the queue of a name; the fates are in the order of the messages.
pub async fn consume<P: Platform>(platform: &P, name: &str, messages: &[Message]) -> Vec<Fate> {
    let Some(queue) = Queue::named(name) else {
        log::error(platform, "queue_not_known", &[("queue", name)]);
        return vec![Fate::Again(DELAY_S_MAX); messages.len()];
    };
    let mut sum = Consumed::nothing(queue);
    let mut fates = Vec::with_capacity(messages.len());
    for message in messages {
        let fate = match handle(platform, queue, message).await {
            Ok(End::Done) => {
                sum.done += 1;
                Fate::Done
            }
            Ok(End::Buried(why)) => {
                sum.buried += 1;
                sum.error = Some(why);
                Fate::Done
            }
            Err(why) => {
                sum.again += 1;
                sum.error = Some(why);
                Fate::Again(delay(message.attempts))
            }
        };
        fates.push(fate);
    }
    dead_letters::count(platform, sum).await;
    fates
}

/// How a try ends that needs no other.
enum End {
    /// It did what it was asked for.
    Done,
    /// It is a dead letter, and why.
    Buried(String),
}

/// Does what a message asks for; gives why it is to come back.
async fn handle<P: Platform>(platform: &P, queue: Queue, message: &Message) -> Result<End, String> {
    let text = message.text.as_bytes();
    let (of, why) = if queue == Queue::DeadLetterQueue {
        (Work::parse(text).ok().map(|work| work.queue()), MOVED.to_owned())
    } else {
        match Work::read(queue, text) {
            Err(Unread::NotYet(why)) if message.attempts < ATTEMPTS_MAX => return Err(why),
            Err(unread) => (Some(queue), unread.why()),
            Ok(work) => match perform(platform, &work, message.attempts).await {
                Ok(()) => return Ok(End::Done),
                Err(reject) => (Some(queue), failed(platform, queue, message, &reject)?),
            },
        }
    };
    match dead_letters::bury(platform, of, message, &why).await {
        Ok(()) => Ok(End::Buried(why)),
        Err(reject) => Err(format!("{why}; and it could not be kept: {}", reject.message)),
    }
}

/// A try that failed: gives why, as an error where the message is to come back.
fn failed<P: Platform>(
    platform: &P,
    queue: Queue,
    message: &Message,
    reject: &Reject,
) -> Result<String, String> {
    let code = format!("{:?}", reject.code);
    let fields =
        [("queue", queue.as_str()), ("id", &message.id), ("code", &code), ("why", &reject.message)];
    log::error(platform, "message_failed", &fields);
    let why = format!("{code}: {}", reject.message);
    if message.attempts < ATTEMPTS_MAX { Err(why) } else { Ok(why) }
}

fn delay(attempts: i64) -> u32 {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or(0);
    (DELAY_S << doublings).min(DELAY_S_MAX)
}

async fn perform<P: Platform>(platform: &P, work: &Work, attempts: i64) -> Result<(), Reject> {
    match work {
        Work::ImportRows(part) => imports::take(platform, part).await,
        Work::ReadSource(reading) => scrape::read(platform, reading, attempts).await,
        Work::FileMail(mail) => file_mail(platform, mail).await,
        Work::Enrich(of) => prospect_work::carry_out(platform, WorkKind::Enrich, of).await,
        Work::Find(of) => prospect_work::carry_out(platform, WorkKind::Find, of).await,
        Work::Verify(of) => prospect_work::carry_out(platform, WorkKind::Verify, of).await,
        Work::WakeProspects(of) => {
            let sources = scrape::read_all(platform, of.workspace_id).await;
            scheduled::wake_prospects(platform, of.workspace_id).await?;
            sources
        }
        Work::TakeTurns(of) => maintenance::take_turns(platform, of.workspace_id).await,
        Work::ArchiveOutreach(of) => maintenance::archive(platform, of.workspace_id).await,
        Work::TellOfWeek(of) => maintenance::tell_of_week(platform, of.workspace_id).await,
        Work::MeetingAsked(asked) => dead_letters::tell_of_meeting(platform, asked).await,
        Work::Alert(alert) => dead_letters::ring(platform, alert.clone()).await,
        Work::WriteText(work) => writing::carry_out(platform, work).await,
    }
}

/// Files one stored mail.
async fn file_mail<P: Platform>(platform: &P, mail: &StoredMail) -> Result<(), Reject> {
    let Some(raw) = platform.object(&mail.raw_key).await? else {
        // Deleted by a person, or by a rule of the bucket: nothing will bring it back.
        log::error(platform, "mail_gone", &[("key", &mail.raw_key)]);
        return Ok(());
    };
    email::file(platform, mail, &raw).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_ever_later_within_bounds() {
        let delays: Vec<_> = (1..=ATTEMPTS_MAX).map(delay).collect();
        assert_eq!(delays, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        assert_eq!((delay(0), delay(i64::MAX)), (30, 3600));
    }
}
