//! Commands and replies of the prospect actor.
//!
//! An identity is a text: `e:` and a normalised address, `l:` and the key of a profile at LinkedIn,
//! or `n:` and a normalised name at a domain. Its actor owns a prospect, or is an alias of another
//! identity's actor. What an agent asks of an alias is refused with `gone` and `details.movedTo`
//! ([`moved_to`]); what must not be lost (suppressions, records of sends, erasures) is forwarded by
//! the alias, which says so.

use crate::Millis;
use crate::ids::ProspectId;
use crate::reject::{Code, Reject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod absorb;
mod fate;
mod history;
mod identity;
mod import;
mod new;
mod permit;
mod site;
mod stage;
mod suppression;
mod work;

pub use absorb::{Absorb, FieldRow, PermitRow, SuppressionRow};
pub use fate::Fate;
pub use history::{History, HistoryPage, HistoryRow};
pub use identity::{Claim, ClaimReply, IdentityKind, IdentityRow};
pub use import::{Import, Imported};
pub use new::NewProspect;
pub use permit::{Denial, Permit, PermitReply, Record};
pub use site::{SiteFact, SiteFactKind, SiteFacts};
pub use stage::{SetFollowUp, SetStage, Stage};
pub use suppression::{Reason, Suppress, Unsuppress};
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

/// Reads the prospect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Get {}

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

/// The person was erased; the alias forgets its identity text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Forget {}

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
