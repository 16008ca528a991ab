//! The mail servers: what they were handed, and what they said.
//!
//! They count by send id and know nothing of ledgers. An attempt is *open* from when a mail is
//! handed over until its object has taken note of a definite outcome. Whoever hands a mail over
//! again while an attempt is open, or after one was accepted, has sent it twice as far as anybody
//! can know.

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
    /// It cannot be reached: no byte has left.
    Unreachable,
}

/// What is known of one mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handed {
    /// How often a server took it.
    pub accepted: u32,
    /// How often it was handed over.
    pub attempts: u32,
    /// Whether an attempt has no definite outcome yet.
    pub open: bool,
}

/// All mail servers.
#[derive(Debug, Default)]
pub struct Post {
    mails: BTreeMap<String, Handed>,
}

impl Post {
    /// Takes a mail.
    ///
    /// # Errors
    /// Why it must not have been handed over.
    pub fn take(&mut self, send_id: &str, verdict: Verdict) -> Result<(), String> {
        let mail = self.mails.entry(send_id.to_owned()).or_default();
        let before = mail.clone();
        mail.attempts += 1;
        mail.open = true;
        if matches!(verdict, Verdict::Accepted | Verdict::AcceptedUnheard) {
            mail.accepted += 1;
        }
        if before.accepted > 0 {
            return Err(format!("{send_id} was accepted before and is handed over again"));
        }
        if before.open {
            return Err(format!("{send_id} has an unknown outcome and is handed over again"));
        }
        Ok(())
    }

    /// The object has taken note that a mail was certainly not taken.
    pub fn close(&mut self, send_id: &str) {
        if let Some(mail) = self.mails.get_mut(send_id) {
            mail.open = false;
        }
    }

    /// What is known of a mail.
    #[must_use]
    pub fn get(&self, send_id: &str) -> Handed {
        self.mails.get(send_id).cloned().unwrap_or_default()
    }

    /// All mails.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Handed)> {
        self.mails.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_handed_over_again_after_an_unknown_outcome_is_noticed() {
        let mut post = Post::default();
        assert_eq!(post.take("a", Verdict::Unreachable), Ok(()));
        post.close("a");
        assert_eq!(post.take("a", Verdict::DroppedUnheard), Ok(()));
        assert!(post.take("a", Verdict::Accepted).is_err());
        assert_eq!(post.get("a").attempts, 3);
    }
}
