//! The queues of the pipeline, and what lies on them.
//!
//! A message is JSON of one line, `{"v":1,"kind":"fileMail","workspaceId":"…",…}`. It is a hint to
//! look at something: the truth is in the actors, so that a queue that repeats, reorders or loses a
//! message only costs time. Each kind belongs to one queue. What cannot be read, is of another
//! version or lies on a queue that is not its own will not get better by waiting: it is a dead
//! letter at once. Of a kind that nobody knows, a newer build may have written it, whose consumers
//! are on their way: it comes back for its tries.

use crate::Millis;
use crate::alert::Alert;
use crate::codec::{read_json, to_json};
use crate::ids::{CampaignId, ProspectId, ProspectImportId, SourceId, TicketId, WorkspaceId};
use crate::prospect::{NewProspect, WorkKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of messages that this build writes and reads.
pub const VERSION: u64 = 1;
/// The longest message; a queue takes 128 kB.
pub const BYTES_MAX: usize = 64 * 1024;
/// How much of a kind that nobody knows is repeated to a person.
const KIND_CHARS_MAX: usize = 40;

/// A queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// Rows of an import, sources to be read, and workspaces whose prospects wait.
    ProspectQueue,
    /// Prospects of whom more is to be found out.
    EnrichmentQueue,
    /// Prospects whose address is to be found or verified.
    EmailFinderQueue,
    /// Texts to be written, replies to be classified.
    AiQueue,
    /// Workspaces that have something to send, or to put away.
    SendQueue,
    /// Mails that arrived and are to be filed.
    InboundQueue,
    /// What failed too often.
    DeadLetterQueue,
}

impl Queue {
    /// All queues.
    pub const ALL: [Self; 7] = [
        Self::ProspectQueue,
        Self::EnrichmentQueue,
        Self::EmailFinderQueue,
        Self::AiQueue,
        Self::SendQueue,
        Self::InboundQueue,
        Self::DeadLetterQueue,
    ];

    /// Its name; elsewhere than locally, the environment's stands behind it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProspectQueue => "prospect-queue",
            Self::EnrichmentQueue => "enrichment-queue",
            Self::EmailFinderQueue => "email-finder-queue",
            Self::AiQueue => "ai-queue",
            Self::SendQueue => "send-queue",
            Self::InboundQueue => "inbound-queue",
            Self::DeadLetterQueue => "dead-letter-queue",
        }
    }

    /// The Worker binding that puts messages on it.
    #[must_use]
    pub const fn binding(self) -> &'static str {
        match self {
            Self::ProspectQueue => "PROSPECT_QUEUE",
            Self::EnrichmentQueue => "ENRICHMENT_QUEUE",
            Self::EmailFinderQueue => "EMAIL_FINDER_QUEUE",
            Self::AiQueue => "AI_QUEUE",
            Self::SendQueue => "SEND_QUEUE",
            Self::InboundQueue => "INBOUND_QUEUE",
            Self::DeadLetterQueue => "DEAD_LETTER_QUEUE",
        }
    }

    /// The queue that the platform calls so: `send-queue`, `send-queue-production`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| {
            let rest = name.strip_prefix(queue.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }
}

/// What a message asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Work {
    /// On `prospect-queue`: rows of a file are to be imported.
    ImportRows(ImportRows),
    /// On `prospect-queue`: a source of prospects is to be read.
    ReadSource(ReadSource),
    /// On `inbound-queue`: a mail that is in storage is to be filed.
    FileMail(StoredMail),
    /// On `inbound-queue`: somebody whom a campaign wrote to wants to meet; operators are told.
    MeetingAsked(MeetingAsked),
    /// On `inbound-queue`: trouble begins or ends in a workspace; operators are told.
    Alert(Alert),
    /// On `enrichment-queue`: more is to be found out about a prospect.
    Enrich(OfProspect),
    /// On `email-finder-queue`: a prospect's address is to be found.
    Find(OfProspect),
    /// On `email-finder-queue`: a prospect's address is to be verified.
    Verify(OfProspect),
    /// On `prospect-queue`: it is morning in a workspace. Its sources are to be read, and its
    /// latest prospects to look what they wait for.
    WakeProspects(OfWorkspace),
    /// On `send-queue`: the campaigns of a workspace are to take their turns.
    TakeTurns(OfWorkspace),
    /// On `send-queue`: what outreach decided long ago is to go into storage; then it is time to
    /// tell how the week was.
    ArchiveOutreach(OfWorkspace),
    /// On `send-queue`: operators are to be told how a workspace's week was.
    TellOfWeek(OfWorkspace),
    /// On `ai-queue`: a text of a campaign is to be written, or an answer to be read.
    WriteText(WriteText),
}

/// A workspace that something is to be done in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfWorkspace {
    /// The workspace.
    pub workspace_id: WorkspaceId,
}

/// A prospect that something is to be done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfProspect {
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its id; it may be an alias by now.
    pub prospect_id: ProspectId,
}

/// A reading of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadSource {
    /// The workspace of the source.
    pub workspace_id: WorkspaceId,
    /// The source.
    pub source_id: SourceId,
    /// The import that the reading is.
    pub import_id: ProspectImportId,
}

/// A part of a file of prospects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRows {
    /// The workspace that they are imported into.
    pub workspace_id: WorkspaceId,
    /// The import.
    pub import_id: ProspectImportId,
    /// Which part of it this is, from 0.
    pub part: i64,
    /// What it is known by, from whoever packed it: another build would write the rows otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The rows, those too that are wrong.
    pub rows: Vec<FileRow>,
}

/// A row of a file: a prospect, or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Which of the file, from 1.
    pub row: i64,
    /// Who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prospect: Option<NewProspect>,
    /// Why that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A mail that is in storage and waits to be filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredMail {
    /// The workspace that it was sent to.
    pub workspace_id: WorkspaceId,
    /// Where the raw mail is.
    pub raw_key: String,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipient.
    pub to: String,
}

/// Somebody whom a campaign wrote to wants to meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MeetingAsked {
    /// The workspace of the campaign.
    pub workspace_id: WorkspaceId,
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The prospect.
    pub prospect_id: ProspectId,
    /// The ticket that the answer is on.
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// When it came.
    pub at: Millis,
}

/// A text of a campaign that a model is to write, or an answer that it is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteText {
    /// The workspace of the campaign.
    pub workspace_id: WorkspaceId,
    /// Which text; its room knows the rest.
    pub number: i64,
    /// Which try of it.
    pub attempt: i64,
}

/// Why a message cannot be read; it says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is none, nor will be.
    Never(String),
    /// A newer build may read it.
    NotYet(String),
}

impl Unread {
    /// Why.
    #[must_use]
    pub fn why(self) -> String {
        let (Self::Never(why) | Self::NotYet(why)) = self;
        why
    }
}

/// What is read first.
#[derive(Deserialize)]
struct Head {
    v: u64,
    kind: String,
}

impl Work {
    /// The queue that it is for.
    #[must_use]
    pub const fn queue(&self) -> Queue {
        match self {
            Self::ImportRows(_) | Self::ReadSource(_) | Self::WakeProspects(_) => {
                Queue::ProspectQueue
            }
            Self::FileMail(_) | Self::MeetingAsked(_) | Self::Alert(_) => Queue::InboundQueue,
            Self::Enrich(_) => Queue::EnrichmentQueue,
            Self::Find(_) | Self::Verify(_) => Queue::EmailFinderQueue,
            Self::TakeTurns(_) | Self::ArchiveOutreach(_) | Self::TellOfWeek(_) => Queue::SendQueue,
            Self::WriteText(_) => Queue::AiQueue,
        }
    }

    /// A work on a prospect.
    #[must_use]
    pub const fn on_prospect(work: WorkKind, of: OfProspect) -> Self {
        match work {
            WorkKind::Enrich => Self::Enrich(of),
            WorkKind::Find => Self::Find(of),
            WorkKind::Verify => Self::Verify(of),
        }
    }

    /// The message.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let json = to_json(self);
        let mut message = format!("{{\"v\":{VERSION},").into_bytes();
        message.extend_from_slice(&json[1..]);
        message
    }

    /// Reads a message of a queue.
    ///
    /// # Errors
    /// Why it is none that this queue could have.
    pub fn read(queue: Queue, text: &[u8]) -> Result<Self, Unread> {
        let work = Self::parse(text)?;
        if work.queue() != queue {
            return Err(Unread::Never(format!("it belongs on {}", work.queue().as_str())));
        }
        Ok(work)
    }

    /// Reads a message of any queue. Fields that it does not know are left alone: who wrote it may
    /// be a newer build of the same version.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &[u8]) -> Result<Self, Unread> {
        if text.len() > BYTES_MAX {
            return Err(Unread::Never(format!("it has more than {BYTES_MAX} bytes")));
        }
        let Head { v, kind } = strictly(text).map_err(Unread::Never)?;
        if v != VERSION {
            let why = format!("it is of version {v}, and {VERSION} is read here");
            return Err(Unread::Never(why));
        }
        let read = match &*kind {
            "importRows" => strictly(text).map(Self::ImportRows),
            "readSource" => strictly(text).map(Self::ReadSource),
            "fileMail" => strictly(text).map(Self::FileMail),
            "enrich" => strictly(text).map(Self::Enrich),
            "find" => strictly(text).map(Self::Find),
            "verify" => strictly(text).map(Self::Verify),
            "wakeProspects" => strictly(text).map(Self::WakeProspects),
            "takeTurns" => strictly(text).map(Self::TakeTurns),
            "archiveOutreach" => strictly(text).map(Self::ArchiveOutreach),
            "tellOfWeek" => strictly(text).map(Self::TellOfWeek),
            "meetingAsked" => strictly(text).map(Self::MeetingAsked),
            // What alerts are about may be newer, too.
            "alert" => return strictly(text).map(Self::Alert).map_err(Unread::NotYet),
            "writeText" => strictly(text).map(Self::WriteText),
            _ => {
                let kind: String = kind.chars().take(KIND_CHARS_MAX).collect();
                return Err(Unread::NotYet(format!("no kind of message is called {kind:?}")));
            }
        };
        read.map_err(Unread::Never)
    }
}

fn strictly<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    read_json(text).map_err(|reject| format!("it is no message: {}", reject.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{AlertKind, AlertState};

    fn mail() -> Work {
        Work::FileMail(StoredMail {
            workspace_id: WorkspaceId(uuid::Uuid::from_u128(7)),
            raw_key: "mails/7/a".into(),
            from: "ann@customer.example".into(),
            to: "desk@acme.example".into(),
        })
    }

    #[test]
    fn a_message_is_read_as_it_was_written_and_from_no_other_queue() {
        let text = mail().write();
        assert!(text.starts_with(br#"{"v":1,"kind":"fileMail","workspaceId":"0000"#));
        for queue in Queue::ALL {
            let read = Work::read(queue, &text);
            if queue == mail().queue() {
                assert_eq!(read, Ok(mail()));
            } else {
                let why = Unread::Never("it belongs on inbound-queue".to_owned());
                assert_eq!(read, Err(why), "{queue:?}");
            }
        }
    }

    #[test]
    fn works_on_a_prospect_lie_on_the_queue_that_carries_them_out() {
        let of = OfProspect {
            workspace_id: WorkspaceId(uuid::Uuid::from_u128(7)),
            prospect_id: ProspectId(uuid::Uuid::from_u128(8)),
        };
        for (work, queue) in [
            (WorkKind::Enrich, Queue::EnrichmentQueue),
            (WorkKind::Find, Queue::EmailFinderQueue),
            (WorkKind::Verify, Queue::EmailFinderQueue),
        ] {
            let message = Work::on_prospect(work, of);
            assert_eq!(
                (message.queue(), Work::read(queue, &message.write())),
                (queue, Ok(message))
            );
        }
    }

    #[test]
    fn a_message_cut_at_any_byte_is_refused() {
        let text = mail().write();
        for end in 0..text.len() {
            assert!(Work::read(Queue::InboundQueue, &text[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn another_version_is_refused_with_the_reason() {
        let text = String::from_utf8(mail().write()).expect("text");
        let read = |text: &str| Work::read(Queue::InboundQueue, text.as_bytes());
        for v in ["0", "2", "255"] {
            let why = read(&text.replace("\"v\":1", &format!("\"v\":{v}"))).expect_err(v);
            let never = format!("it is of version {v}, and 1 is read here");
            assert_eq!(why, Unread::Never(never));
        }
        for bad in ["-1", "1.5", "\"1\"", "null", "1e99"] {
            assert!(read(&text.replace("\"v\":1", &format!("\"v\":{bad}"))).is_err(), "{bad}");
        }
        let missing = read(&text.replace("\"from\"", "\"sender\""));
        assert!(matches!(missing, Err(Unread::Never(_))), "a field is missing: {missing:?}");
        let newer = text.replace("\"v\":1", "\"v\":1,\"colour\":[]");
        assert_eq!(read(&newer), Ok(mail()), "a newer build says more");
        assert!(read(&text.replace("mails/7/a", &"x".repeat(BYTES_MAX))).is_err(), "too long");
    }

    #[test]
    fn what_a_newer_build_may_have_written_may_be_read_later() {
        let text = String::from_utf8(mail().write()).expect("text");
        let coffee = text.replace("fileMail", "makeCoffee");
        let why = "no kind of message is called \"makeCoffee\"".to_owned();
        let read = |text: &str| Work::read(Queue::InboundQueue, text.as_bytes());
        assert_eq!(read(&coffee), Err(Unread::NotYet(why)));
        let workspace = WorkspaceId(uuid::Uuid::from_u128(7));
        let known = Alert::new(AlertKind::InboxPaused, AlertState::Raised, 1, workspace);
        let text = String::from_utf8(Work::Alert(known.clone()).write()).expect("text");
        assert_eq!(read(&text), Ok(Work::Alert(known)));
        let newer = read(&text.replace("inboxPaused", "coffeeCold"));
        assert!(matches!(newer, Err(Unread::NotYet(_))), "{newer:?}");
    }

    #[test]
    fn a_queue_is_known_by_its_name_in_every_environment() {
        for queue in Queue::ALL {
            for end in ["", "-staging", "-production"] {
                assert_eq!(Queue::named(&format!("{}{end}", queue.as_str())), Some(queue));
            }
            assert_eq!(Queue::named(&format!("x{}", queue.as_str())), None);
            assert_eq!(Queue::named(&format!("{}x", queue.as_str())), None);
            assert_eq!(to_json(&queue), format!("\"{}\"", queue.as_str()).into_bytes());
        }
    }
}
