//! Signed links to files: who has one gets the file, for a few minutes, without a token.
//!
//! A link is its agent's: the room is asked as that agent when it is followed, so that it ends with
//! the agent's session or rights. What is signed is all there is to it; nothing in a request beside
//! it changes what it gives.

use crate::token::Keys;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schema::ids::{AgentId, AttachmentId, SessionId, WorkspaceId};
use schema::{Caller, Code, Millis, Principal, Reject, Role};

/// Where links lead.
pub const PATH: &str = "/files/";
/// How long a link is good.
pub const LINK_MS: Millis = 5 * 60 * 1000;
const LINK_BYTES_MAX: usize = 512;

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The file.
    pub attachment: AttachmentId,
    /// Whose it is.
    pub agent: AgentId,
    /// The log-in that it was made in.
    pub session: SessionId,
    /// The agent's epoch then.
    pub epoch: i64,
    /// Whether an image is shown in its place rather than saved.
    pub inline: bool,
    /// Until when it is good.
    pub until: Millis,
}

impl Link {
    /// A link of somebody to a file; none for who is no agent.
    #[must_use]
    pub fn new(
        who: &Principal,
        attachment: AttachmentId,
        inline: bool,
        now: Millis,
    ) -> Option<Self> {
        let Caller::Agent { agent, session, epoch, .. } = who.caller else { return None };
        let (workspace, until) = (who.workspace, now + LINK_MS);
        Some(Self { workspace, attachment, agent, session, epoch, inline, until })
    }

    /// Its last part.
    #[must_use]
    pub fn seal(&self, keys: &Keys) -> String {
        let text = self.text();
        let mac = keys.sign(&signed(&text));
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(mac))
    }

    fn text(&self) -> String {
        let Self { workspace, attachment, agent, session, epoch, inline, until } = self;
        let inline = u8::from(*inline);
        format!("{workspace}|{attachment}|{agent}|{session}|{epoch}|{inline}|{until}")
    }

    /// Reads a link's last part.
    ///
    /// # Errors
    /// `forbidden`, and no word on what is wrong.
    pub fn open(keys: &Keys, text: &str, now: Millis) -> Result<Self, Reject> {
        let link = Self::read(keys, text).ok_or_else(refused)?;
        if link.until <= now || link.until > now + LINK_MS {
            return Err(refused());
        }
        Ok(link)
    }

    fn read(keys: &Keys, text: &str) -> Option<Self> {
        if text.len() > LINK_BYTES_MAX {
            return None;
        }
        let (text, mac) = text.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        if !keys.signed(&signed(&text), &mac) {
            return None;
        }
        let mut parts = text.split('|');
        let mut next = || parts.next();
        Some(Self {
            workspace: next()?.parse().ok()?,
            attachment: next()?.parse().ok()?,
            agent: next()?.parse().ok()?,
            session: next()?.parse().ok()?,
            epoch: next()?.parse().ok()?,
            inline: next()? == "1",
            until: next()?.parse().ok()?,
        })
    }

    /// Who follows it.
    #[must_use]
    pub const fn principal(&self) -> Principal {
        let (agent, session, epoch) = (self.agent, self.session, self.epoch);
        // The least; the room goes by its own row.
        let caller = Caller::Agent { agent, session, epoch, role: Role::Viewer };
        Principal { workspace: self.workspace, caller }
    }
}

/// Method and path are part of what is signed.
fn signed(text: &str) -> String {
    format!("link|GET|{PATH}|{text}")
}

/// The refusal of a link that is altered, old, or whose agent is gone.
#[must_use]
pub fn refused() -> Reject {
    Reject::new(Code::Forbidden, "the link is not valid, or no longer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new("0123456789abcdef0123456789abcdef", None).expect("a key")
    }

    fn link(now: Millis) -> Link {
        let id = uuid::Uuid::from_u128;
        let caller = Caller::Agent {
            agent: AgentId(id(2)),
            session: SessionId(id(3)),
            epoch: 4,
            role: Role::Agent,
        };
        let who = Principal { workspace: WorkspaceId(id(1)), caller };
        Link::new(&who, AttachmentId(id(5)), true, now).expect("an agent's")
    }

    #[test]
    fn a_link_is_good_for_its_time_and_no_longer() {
        let text = link(1_000).seal(&keys());
        assert_eq!(Link::open(&keys(), &text, 1_000), Ok(link(1_000)));
        assert!(Link::open(&keys(), &text, 1_000 + LINK_MS - 1).is_ok());
        for now in [1_000 + LINK_MS, i64::MAX - LINK_MS, 0] {
            let code = Link::open(&keys(), &text, now).map_err(|reject| reject.code);
            assert_eq!(code, Err(Code::Forbidden), "{now}");
        }
        assert!(text.len() < 400, "{}", text.len());
    }

    /// Bad inputs G71.
    #[test]
    fn a_link_with_anything_altered_is_none() {
        let text = link(1_000).seal(&keys());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).expect("ASCII");
            assert!(altered == text || Link::open(&keys(), &altered, 1_000).is_err(), "{altered}");
            assert!(Link::open(&keys(), &text[..at], 1_000).is_err());
        }
        for other in
            [text.to_uppercase(), format!("{text}="), format!("{text}."), text.replace('.', "%2e")]
        {
            assert!(Link::open(&keys(), &other, 1_000).is_err(), "{other}");
        }
        let foreign = Keys::new("another secret of enough bytes!!", None).expect("a key");
        assert!(Link::open(&foreign, &text, 1_000).is_err());
    }
}
