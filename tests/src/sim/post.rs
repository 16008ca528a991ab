//! The mail servers: what they were handed, and what they said.
//!
//! They count by send id and recipient and know nothing of ledgers. An attempt is *open* from when
//! a mail is handed over until its object has taken note of a definite outcome. Whoever hands a
//! mail over again to somebody for whom an attempt is open, or was accepted, has sent it twice as
//! far as anybody can know.

use std::collections::BTreeMap;

/// What a server does with a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It takes the mail and says so.
    Accepted,
    /// It takes the mail, and the answer is lost.
    AcceptedUnheard,
    /// It does not take the mail, and the answer is lost.
    DroppedUnheard,
    /// It says 4yz.
    RefusedForNow,
    /// It says 5yz.
    Refused,
    /// It says 5yz, because it does not know the address.
    NoSuchMailbox,
    /// It cannot be reached: no byte has left.
    Unreachable,
    /// It was not tried: there was no room for it.
    Full,
}

/// What is known of one mail, or of one of its recipients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handed {
    /// How often a server took it; for a mail, the most of any recipient.
    pub accepted: u32,
    /// How often it was handed over.
    pub attempts: u32,
    /// Whether an attempt has no definite outcome yet.
    pub open: bool,
}

/// All mail servers.
#[derive(Debug, Clone, Default)]
pub struct Post {
    mails: BTreeMap<String, BTreeMap<String, Handed>>,
}

impl Post {
    /// Takes a mail for its recipients, but for those that the server refuses.
    ///
    /// # Errors
    /// Why it must not have been handed over.
    pub fn take(
        &mut self,
        send_id: &str,
        to: &[String],
        refused: &[String],
        verdict: Verdict,
    ) -> Result<(), String> {
        let mail = self.mails.entry(send_id.to_owned()).or_default();
        let is_taken = matches!(verdict, Verdict::Accepted | Verdict::AcceptedUnheard);
        let mut wrong = None;
        for address in to {
            let one = mail.entry(address.to_lowercase()).or_default();
            if one.accepted > 0 {
                wrong = Some(format!("{send_id} was accepted for {address}, and comes again"));
            } else if one.open {
                wrong = Some(format!("{send_id} is unknown for {address}, and comes again"));
            }
            one.attempts += 1;
            one.open = true;
            one.accepted += u32::from(is_taken && !refused.contains(address));
        }
        wrong.map_or(Ok(()), Err)
    }

    /// The object has taken note that a mail was certainly not taken for whom it was not.
    pub fn close(&mut self, send_id: &str) {
        for one in self.mails.get_mut(send_id).into_iter().flat_map(BTreeMap::values_mut) {
            one.open = false;
        }
    }

    /// Whether a server took a mail for somebody.
    #[must_use]
    pub fn has(&self, send_id: &str, address: &str) -> bool {
        let one = self.mails.get(send_id).and_then(|mail| mail.get(&address.to_lowercase()));
        one.is_some_and(|one| one.accepted > 0)
    }

    /// Whom a mail was handed over for.
    #[must_use]
    pub fn recipient(&self, send_id: &str) -> Option<String> {
        self.mails.get(send_id)?.keys().next().cloned()
    }

    /// What is known of a mail.
    #[must_use]
    pub fn get(&self, send_id: &str) -> Handed {
        let mut all = Handed::default();
        for one in self.mails.get(send_id).into_iter().flat_map(BTreeMap::values) {
            all.accepted = all.accepted.max(one.accepted);
            all.attempts = all.attempts.max(one.attempts);
            all.open |= one.open;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_handed_over_again_after_an_unknown_outcome_is_noticed() {
        let (mut post, to) = (Post::default(), ["x".to_owned()]);
        assert_eq!(post.take("a", &to, &[], Verdict::Unreachable), Ok(()));
        post.close("a");
        assert_eq!(post.take("a", &to, &[], Verdict::DroppedUnheard), Ok(()));
        assert!(post.take("a", &to, &[], Verdict::Accepted).is_err());
        assert_eq!(post.get("a").attempts, 3);
    }

    #[test]
    fn a_mail_comes_again_for_those_alone_that_were_put_off() {
        let (mut post, both) = (Post::default(), ["x".to_owned(), "y".to_owned()]);
        assert_eq!(post.take("a", &both, &both[1..], Verdict::Accepted), Ok(()));
        assert!(post.clone().take("a", &both[1..], &[], Verdict::Accepted).is_err(), "too early");
        post.close("a");
        assert_eq!(post.clone().take("a", &both[1..], &[], Verdict::Accepted), Ok(()));
        assert!(post.take("a", &both, &[], Verdict::Accepted).is_err());
    }
}
