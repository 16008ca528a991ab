//! Mail that leaves: a draft, whose id is stored before the draft is sent, and what became of it.
//!
//! A draft leaves once, however often it is asked to: from then on it is no draft, and keeps its
//! immutable id as the copy in Sent. So after an answer that was lost, its id tells what happened.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::http::Http;
use super::link::{encoded, query};
use super::session::{JSON_BYTES_MAX, Session, bad, json};
use super::{GraphError, brief};

/// A mail in Drafts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its immutable id.
    pub id: String,
    /// The Message-ID that it has, without brackets: Exchange may have given it another than the
    /// one that was written.
    pub message_id: String,
}

/// What became of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It left.
    Sent,
    /// It is still a draft: it has not left, and may be asked to once more.
    Draft,
    /// It is nowhere: on its way, or somebody has deleted it.
    Nowhere,
}

#[derive(Deserialize)]
struct Made {
    id: String,
    #[serde(rename = "internetMessageId")]
    message_id: String,
}

#[derive(Deserialize)]
struct Seen {
    #[serde(rename = "isDraft")]
    is_draft: bool,
}

#[derive(Deserialize)]
struct Found {
    value: Vec<Seen>,
}

impl<H: Http> Session<'_, H> {
    /// Puts a mail into Drafts. Where the answer is lost, a draft may be left over that nobody
    /// sends.
    ///
    /// # Errors
    /// [`GraphError`].
    pub async fn draft(&self, raw: &[u8]) -> Result<Draft, GraphError> {
        let content = STANDARD.encode(raw).into_bytes();
        let answer = self.post("/me/messages", Some(("text/plain", content))).await?;
        let Made { id, message_id } = json(&answer)?;
        if id.is_empty() {
            return Err(bad("a draft without an id"));
        }
        let bare = message_id.trim_start_matches('<').trim_end_matches('>');
        Ok(Draft { id, message_id: brief(bare) })
    }

    /// Has a draft leave.
    ///
    /// # Errors
    /// [`GraphError`]: with one that is not [`GraphError::is_without_effect`] it may have left.
    pub async fn send(&self, draft_id: &str) -> Result<(), GraphError> {
        let path = format!("/me/messages/{}/send", encoded(draft_id));
        self.post(&path, None).await.map(drop)
    }

    /// Finds out what became of a draft: by its id, or by its Message-ID.
    ///
    /// # Errors
    /// [`GraphError`]: then nobody knows more than before.
    pub async fn look(&self, draft: &Draft) -> Result<Fate, GraphError> {
        let url = self.url(&format!("/me/messages/{}?$select=isDraft", encoded(&draft.id)));
        match self.get(&url, None, JSON_BYTES_MAX).await {
            Ok(answer) => return Ok(fate(&[json(&answer)?])),
            Err(GraphError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
        let quoted = draft.message_id.replace('\'', "''");
        let filter = format!("internetMessageId eq '<{quoted}>'");
        let asked = query(&[("$filter", &filter), ("$select", "isDraft")]);
        let url = self.url(&format!("/me/messages?{asked}"));
        let found: Found = json(&self.get(&url, None, JSON_BYTES_MAX).await?)?;
        Ok(fate(&found.value))
    }
}

/// One that has left says more than one that has not.
fn fate(seen: &[Seen]) -> Fate {
    match seen.iter().any(|mail| !mail.is_draft) {
        true => Fate::Sent,
        false if seen.is_empty() => Fate::Nowhere,
        false => Fate::Draft,
    }
}
