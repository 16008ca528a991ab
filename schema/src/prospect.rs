//! Commands and replies of the prospect actor.
//!
//! An identity is a text: `e:` and a normalised address, `l:` and the key of a profile at LinkedIn,
//! or `n:` and a normalised name at a domain. Its actor owns a prospect, or is an alias of another
//! identity's actor. What an agent asks of an alias is refused with `gone` and `details.movedTo`
//! ([`moved_to`]); what must not be lost (suppressions, records of sends, erasures) is forwarded by
//! the alias, which says so.

use crate::Millis;
use crate::ids::{AgentId, ProspectId};
use crate::reject::{Code, Reject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod absorb;
mod fate;
mod new;
mod site;
mod work;

pub use absorb::{Absorb, FieldRow, PermitRow, SuppressionRow};
pub use fate::Fate;
pub use new::NewProspect;
pub use site::{SiteFact, SiteFactKind, SiteFacts};
pub use work::{
    BeginWork, Begun, Fact, FactField, Facts, FinishWork, Found, Known, Pipeline, PipelineRow,
    PipelineState, RetryAt, Verdict, Verified, WorkKind, WorkOutcome,
};

/// What a prospect actor may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ProspectCommand {
    /// Makes the prospect, or fills what is missing in it.
    Import(Import),
    /// Reads the prospect.
    Get(Get),
    /// Reads what happened to the prospect, newest first.
    History(History),
    /// Writes fields by hand: they win over imported ones.
    Update(Update),
    /// Moves the prospect to a stage.
    SetStage(SetStage),
    /// Sets or clears the time of the next follow-up.
    SetFollowUp(SetFollowUp),
    /// Says that no automated mail may leave to this person any more.
    Suppress(Suppress),
    /// Lifts suppressions of one reason.
    Unsuppress(Unsuppress),
    /// Says that another prospect is the same person.
    Link(Link),
    /// Erases the person; suppression stays.
    Delete(Delete),
    /// May this send write this step to the person? For inboxes.
    Permit(Permit),
    /// What came of a send that had a permit. For inboxes.
    Record(Record),
    /// Gives a work of the pipeline, where it is due. For consumers of queues.
    BeginWork(BeginWork),
    /// What came of a work of the pipeline. For consumers of queues.
    FinishWork(FinishWork),
    /// Another identity of the same person asks for this one. Between prospect actors.
    Claim(Claim),
    /// An identity that became an alias hands over what it had. Between prospect actors.
    Absorb(Box<Absorb>),
    /// The person was erased; the alias forgets its identity text. Between prospect actors.
    Forget(Forget),
}

/// One row of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// The row's first identity, whose actor is asked: the address where there is one.
    pub identity: String,
    /// The row's other identities.
    #[serde(default)]
    pub also: Vec<String>,
    /// Whether an alias sent the caller here, so that `identity` is not this actor's own.
    #[serde(default)]
    pub followed: bool,
    /// The address as it was given.
    #[serde(default)]
    pub email: Option<String>,
    /// The person's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The company's name.
    #[serde(default)]
    pub company: Option<String>,
    /// The company's domain.
    #[serde(default)]
    pub domain: Option<String>,
    /// The person's job.
    #[serde(default)]
    pub title: Option<String>,
    /// The person's profile. An address as `linkedin.com/in/ann-lee-123`, however it is written, is
    /// an identity; what else is here is a field only.
    #[serde(default)]
    pub linkedin: Option<String>,
    /// Where the row came from: a file, a provider, `api`.
    #[serde(default)]
    pub source: Option<String>,
    /// Whatever else the row says.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Whether it is to be found out who this is: the prospect enters the pipeline.
    #[serde(default)]
    pub into_pipeline: bool,
}

/// Reads the prospect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Get {}

/// Reads what happened to the prospect, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// At most this many (1 to 100, 50 where it is not said).
    #[serde(default)]
    pub limit: Option<i64>,
    /// Only those after this entry of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Writes fields by hand. A field that is absent stays; an empty text clears.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// The person's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The company's name.
    #[serde(default)]
    pub company: Option<String>,
    /// The company's domain.
    #[serde(default)]
    pub domain: Option<String>,
    /// The person's job.
    #[serde(default)]
    pub title: Option<String>,
    /// The person's profile. An address as `linkedin.com/in/ann-lee-123`, however it is written, is
    /// an identity; what else is here is a field only.
    #[serde(default)]
    pub linkedin: Option<String>,
    /// Further fields.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// Moves the prospect to a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetStage {
    /// The stage.
    pub stage: Stage,
}

/// Sets or clears the time of the next follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetFollowUp {
    /// When; none clears it.
    #[serde(default)]
    pub at: Option<Millis>,
    /// What to do then.
    #[serde(default)]
    pub note: Option<String>,
}

/// Says that no automated mail may leave to this person any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Suppress {
    /// Why.
    pub reason: Reason,
    /// More about it.
    #[serde(default)]
    pub note: Option<String>,
    /// The identity, so that a person can be suppressed who is not known yet.
    #[serde(default)]
    pub identity: Option<String>,
    /// Names this suppression, where an alias forwards it.
    #[serde(default)]
    pub id: Option<String>,
}

/// Lifts suppressions of one reason; not complaints, and nothing after an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Unsuppress {
    /// Which.
    pub reason: Reason,
    /// Why it is right to write to the person again. Kept.
    pub note: String,
}

/// Says that another prospect is the same person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The other.
    pub to: ProspectId,
}

/// Erases the person; suppression stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delete {}

/// May this send write this step to the person?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Permit {
    /// The send. Asked again, it gets the same answer.
    pub send_id: String,
    /// The campaign.
    pub campaign: String,
    /// The step in it, from 1.
    pub step: i64,
    /// The address that the mail goes to: it must be one of the person's.
    #[serde(default)]
    pub to: Option<String>,
    /// For how long the permit holds. After that another send may have the step, unless this one
    /// was recorded as `sending`: who asks for it must not begin to send later. Without it the
    /// permit holds until it is recorded.
    #[serde(default)]
    pub hold_ms: Option<Millis>,
}

/// What came of a send that had a permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The send.
    pub send_id: String,
    /// The campaign.
    pub campaign: String,
    /// The step in it.
    pub step: i64,
    /// What came of it.
    pub fate: Fate,
    /// When, by the inbox.
    #[serde(default)]
    pub at: Option<Millis>,
    /// What the server said.
    #[serde(default)]
    pub note: Option<String>,
}

/// Another identity of the same person asks for this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Who asks.
    pub by: ProspectId,
    /// What kind of identity that is.
    pub by_kind: IdentityKind,
    /// Its text, where it is known.
    #[serde(default)]
    pub by_identity: Option<String>,
    /// Of which kinds the claimer has identities, itself and the one it asks for apart.
    #[serde(default)]
    pub by_has: Vec<IdentityKind>,
    /// The identity that is asked for, where the claimer knows it.
    #[serde(default)]
    pub identity: Option<String>,
    /// Whether somebody said that both are one person, rather than a name being found in a row.
    #[serde(default)]
    pub certain: bool,
}

/// The kinds of identities, the stronger first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum IdentityKind {
    /// A mail address.
    Email,
    /// A person's profile at LinkedIn.
    Linkedin,
    /// A name at a domain.
    Name,
}

impl IdentityKind {
    /// The kind's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Linkedin => "linkedin",
            Self::Name => "name",
        }
    }

    /// Whether it is one person's for certain. Two people may have one name.
    #[must_use]
    pub const fn is_certain(self) -> bool {
        !matches!(self, Self::Name)
    }
}

/// What an identity says to a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ClaimReply {
    /// It is the claimer's alias, and the claimer has all that it had.
    Linked {},
    /// It is the claimer's alias; what it had is on its way.
    HandingOver {},
    /// It is the one that should own, and will claim the claimer.
    ClaimYou {},
    /// It is an alias of another.
    AliasOf {
        /// The other.
        to: ProspectId,
        /// Whether what it had is still on its way there.
        #[serde(rename = "handingOver")]
        handing_over: bool,
    },
    /// There is no such prospect (asked by id, without its identity).
    Unknown {},
}

/// An entry of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryRow {
    /// Names it; later ones sort after earlier ones.
    pub id: String,
    /// When.
    pub at: Millis,
    /// What, as `thing.verb`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who, where an agent did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What a prospect knows of another identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct IdentityRow {
    /// The id of its actor.
    pub id: ProspectId,
    /// Its text, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// `conflict` (it is another person's), `pending` (claimed), `linked` (this person's).
    pub state: String,
    /// Whether somebody said that it is this person's.
    #[serde(default)]
    pub certain: bool,
    /// How many rows were imported under it.
    #[serde(default)]
    pub imports: i64,
}

/// The person was erased; the alias forgets its identity text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Forget {}

/// How far outreach has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Nobody has written.
    New,
    /// Somebody is looking into it.
    Researching,
    /// Mail has left.
    Contacted,
    /// The person answered.
    Replied,
    /// The person wants to know more.
    Interested,
    /// A meeting is set.
    Meeting,
    /// A customer.
    Won,
    /// Not a customer.
    Lost,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Researching,
        Self::Contacted,
        Self::Replied,
        Self::Interested,
        Self::Meeting,
        Self::Won,
        Self::Lost,
    ];

    /// The stage's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Researching => "researching",
            Self::Contacted => "contacted",
            Self::Replied => "replied",
            Self::Interested => "interested",
            Self::Meeting => "meeting",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// The stage of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

/// Why no automated mail may leave to a person, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// An agent decided so.
    Manual,
    /// The person answered: from here on a human writes.
    Replied,
    /// The address does not exist.
    Bounced,
    /// The person asked for it.
    OptOut,
    /// The person called it spam.
    Complained,
    /// The person was erased.
    Erased,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Manual, Self::Replied, Self::Bounced, Self::OptOut, Self::Complained, Self::Erased];

    /// The reason's name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Replied => "replied",
            Self::Bounced => "bounced",
            Self::OptOut => "optOut",
            Self::Complained => "complained",
            Self::Erased => "erased",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// The answer to [`Permit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PermitReply {
    /// It may write.
    #[serde(rename_all = "camelCase")]
    Granted {
        /// It must have begun by then, or ask again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_until: Option<Millis>,
    },
    /// It must not write.
    #[serde(rename_all = "camelCase")]
    Denied {
        /// Why.
        reason: Denial,
        /// Where the reason will pass: when to ask again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<Millis>,
    },
    /// The person is another prospect's: ask there.
    Moved {
        /// The other.
        to: ProspectId,
    },
}

/// Why a send must not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The step was written to the person, or may have been.
    StepAlreadySent,
    /// Another send is about to write it.
    StepTaken,
    /// An agent decided so.
    Manual,
    /// The person answered.
    Replied,
    /// The address does not exist.
    Bounced,
    /// The person asked for it.
    OptOut,
    /// The person called it spam.
    Complained,
    /// The person was erased.
    Erased,
    /// It is being found out whether the person is known under another identity; ask again.
    IdentityUnsettled,
    /// There is no such prospect.
    UnknownProspect,
    /// The mail goes to an address that is not known to be the person's.
    OtherAddress,
}

/// The answer to [`Record`], [`Suppress`] and [`Delete`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Noted {
    /// It is noted.
    Here {},
    /// It will be noted by the owner: this is an alias, and forwards it until it has arrived.
    /// Who must be certain that it holds from now on asks there too.
    Forwarded {
        /// The owner, as far as the alias knows.
        to: ProspectId,
    },
}

/// A prospect, as the HTTP API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Prospect {
    /// Its id.
    pub id: ProspectId,
    /// Grows with each change.
    pub version: i64,
    /// The address.
    pub email: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The company's name.
    pub company: Option<String>,
    /// The company's domain.
    pub domain: Option<String>,
    /// The person's job.
    pub title: Option<String>,
    /// The person's profile.
    pub linkedin: Option<String>,
    /// Where it first came from.
    pub source: Option<String>,
    /// Further fields.
    pub attributes: BTreeMap<String, String>,
    /// How far outreach has come.
    pub stage: Stage,
    /// The strongest reason why no automated mail may leave to the person.
    pub suppression: Option<Reason>,
    /// Whether it is still being found out under which identities the person is known.
    pub unsettled: bool,
    /// Other identities of the person, and those that turned out to be another's.
    pub identities: Vec<IdentityRow>,
    /// How many rows were imported.
    pub imports: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it changed.
    pub updated_at: Millis,
    /// When mail last left to the person.
    pub last_contact_at: Option<Millis>,
    /// The next follow-up.
    pub follow_up_at: Option<Millis>,
    /// What to do then.
    pub follow_up_note: Option<String>,
    /// Whether the time of the follow-up has come.
    pub follow_up_due: bool,
    /// How far it has been found out who this is, where anybody wants to know.
    pub pipeline: Option<Pipeline>,
    /// What the pages at `domain` say, where they were read: strangers' words.
    pub site: Option<SiteFacts>,
}

/// The answer to [`Import`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// The prospect's id, for now: it may become an alias when identities turn out to be one
    /// person's.
    pub id: ProspectId,
    /// Whether this row made it.
    pub created: bool,
    /// How many rows were imported.
    pub imports: i64,
}

/// The answer to [`History`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryPage {
    /// Newest first.
    pub entries: Vec<HistoryRow>,
    /// For the next page, where there is one.
    pub next_cursor: Option<String>,
}

/// The refusal of an alias: who is asked for is at `to`.
#[must_use]
pub fn moved(to: ProspectId) -> Reject {
    Reject::new(Code::Gone, "this prospect was found to be the same person as another")
        .with(serde_json::json!({ "movedTo": to.to_string() }))
}

/// Where an alias sent the caller, if this is its refusal.
#[must_use]
pub fn moved_to(reject: &Reject) -> Option<ProspectId> {
    if reject.code != Code::Gone {
        return None;
    }
    reject.details.as_ref()?.get("movedTo")?.as_str()?.parse().ok()
}
