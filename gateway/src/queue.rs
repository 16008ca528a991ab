//! The queue of mail that is stored but not filed yet: the same delivery once more, from storage.
//!
//! Messages that fail go back with a growing delay; after the last try the platform puts them on
//! the dead-letter queue, for a person.

use crate::email;
use crate::log;
use crate::platform::{Platform, Point, StoredMail};
use schema::Code;

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done with.
    Done,
    /// It comes back after so many seconds.
    Again(u32),
}

/// The first delay; the platform counts the tries, not we.
const DELAY_S: u32 = 30;

/// Files one stored mail.
pub async fn consume<P: Platform>(platform: &P, mail: &StoredMail) -> Fate {
    let raw = match platform.object(&mail.raw_key).await {
        Ok(Some(raw)) => raw,
        Ok(None) => {
            // Deleted by a person, or by a rule of the bucket: nothing will bring it back.
            log::error(platform, "mail_gone", &[("key", &mail.raw_key)]);
            return Fate::Done;
        }
        Err(reject) => {
            let fields = [("key", &*mail.raw_key), ("why", &reject.message)];
            log::error(platform, "mail_not_read", &fields);
            return Fate::Again(DELAY_S);
        }
    };
    match email::file(platform, mail, &raw).await {
        Ok(_) => Fate::Done,
        Err(reject) => {
            let code = format!("{:?}", reject.code);
            let fields = [("key", &*mail.raw_key), ("code", &code), ("why", &reject.message)];
            log::error(platform, "mail_not_filed", &fields);
            platform.count(&Point { event: "mail.queue", labels: &["again"], numbers: &[1.0] });
            // A refusal that time does not change still ends where a person sees it.
            let slow = !matches!(reject.code, Code::Unavailable);
            Fate::Again(if slow { 10 * DELAY_S } else { DELAY_S })
        }
    }
}
