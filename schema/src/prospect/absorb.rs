//! What a new alias hands over to the owner of its person.

use super::{HistoryRow, IdentityRow, PipelineRow, Reason, SiteFacts, Stage};
use crate::Millis;
use crate::ids::ProspectId;
use serde::{Deserialize, Serialize};

/// Everything that a prospect is, on its way from a new alias to the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Absorb {
    /// The alias.
    pub from: ProspectId,
    /// Its identity, unless it was forgotten.
    #[serde(default)]
    pub identity: Option<String>,
    /// When the prospect was made.
    pub created_at: Millis,
    /// Its stage.
    pub stage: Stage,
    /// Since when.
    pub stage_at: Millis,
    /// When mail last left to the person.
    #[serde(default)]
    pub last_contact_at: Option<Millis>,
    /// The next follow-up.
    #[serde(default)]
    pub follow_up_at: Option<Millis>,
    /// What to do then.
    #[serde(default)]
    pub follow_up_note: Option<String>,
    /// Its fields.
    pub fields: Vec<FieldRow>,
    /// Its suppressions, lifted ones too.
    pub suppressions: Vec<SuppressionRow>,
    /// Its permits.
    pub permits: Vec<PermitRow>,
    /// Its history.
    pub history: Vec<HistoryRow>,
    /// The identities that it knew of.
    pub identities: Vec<IdentityRow>,
    /// Its place in the pipeline, where it has one.
    #[serde(default)]
    pub pipeline: Option<PipelineRow>,
    /// What the pages of the company say, where they were read.
    #[serde(default)]
    pub site: Option<SiteFacts>,
}

/// A field on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FieldRow {
    /// Its name.
    pub name: String,
    /// Its value; empty where it was cleared by hand.
    pub value: String,
    /// Whether a person wrote it.
    pub by_hand: bool,
    /// When.
    pub at: Millis,
}

/// A suppression on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuppressionRow {
    /// Names it.
    pub id: String,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub at: Millis,
    /// More about it.
    #[serde(default)]
    pub note: Option<String>,
    /// When it was lifted.
    #[serde(default)]
    pub lifted_at: Option<Millis>,
}

/// A permit on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PermitRow {
    /// The campaign.
    pub campaign: String,
    /// The step in it.
    pub step: i64,
    /// The send that has it.
    pub send_id: String,
    /// How often it was given.
    pub round: i64,
    /// `granted`, `free`, or `spent`.
    pub state: String,
    /// Whether the send began.
    pub began: bool,
    /// When it runs out.
    #[serde(default)]
    pub until: Option<Millis>,
    /// When it came into this state.
    pub at: Millis,
}
