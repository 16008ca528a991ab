//! Sources of prospects: where their addresses are looked at by somebody who knows which
//! environment this is, and where they are had read. The rest is in the table of lines.

use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::scrape::{self, visit};
use schema::ids::{ProspectImportId, SourceId};
use schema::pipeline::ReadSource;
use schema::room::RoomCommand;
use schema::room::prospect_import::{BeginProspectImport, ProspectImport};
use schema::room::source::{ChangeSource, CreateSource, ListSources, ProspectSource};
use schema::{Permission, Reject};
use serde::{Deserialize, Serialize};

/// `POST /v1/sources`.
///
/// # Errors
/// The room's; `invalid_input` for an address that is none to ask.
pub async fn create<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let input: CreateSource = call.body(&[]).await?;
    visit::check(&input.url, call.config.local())?;
    let reply = call.room_as(principal, &RoomCommand::CreateSource(input)).await?;
    Ok(reply.created("/v1/sources").tagged())
}

/// `PATCH /v1/sources/{id}`, with `If-Match`.
///
/// # Errors
/// The room's; `invalid_input` for an address that is none to ask.
pub async fn change<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let mut extras = call.if_match("ifVersion")?;
    extras.push(call.id_as("sourceId"));
    let input: ChangeSource = call.body(&extras).await?;
    if let Some(url) = &input.url {
        visit::check(url, call.config.local())?;
    }
    Ok(call.room(&RoomCommand::ChangeSource(Box::new(input))).await?.tagged())
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WhichSource"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Which {
    /// One source, active or not; all that are active where it is missing.
    #[serde(default)]
    source_id: Option<SourceId>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Triggered {
    /// The source.
    source_id: SourceId,
    /// What it is called.
    name: String,
    /// The import that says what comes of it: `GET /api/prospects/imports/{importId}`.
    import_id: ProspectImportId,
}

/// `POST /api/admin/trigger-scrape`: sources are read now, each as an import of its own.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`; `not_found` for a source that is none;
/// `unavailable`.
pub async fn trigger<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let Which { source_id } = call.body_or_empty(&[]).await?;
    let list = RoomCommand::ListSources(ListSources {});
    let mut sources: Vec<ProspectSource> = call.room_reads(principal.clone(), &list).await?;
    sources.retain(|one| source_id.map_or(one.active, |id| one.id == id));
    if sources.is_empty() && source_id.is_some() {
        return Err(Reject::not_found("source"));
    }
    let reason = call.nonce(&format!("readSource|{}", principal.key_scope()))?;
    let mut triggered = Vec::with_capacity(sources.len());
    for ProspectSource { id: source_id, name, .. } in sources {
        let import_id = scrape::import_of(source_id, &reason);
        let begin = RoomCommand::BeginProspectImport(BeginProspectImport::new(import_id));
        let _: ProspectImport = call.room_reads(principal.clone(), &begin).await?;
        let workspace_id = principal.workspace;
        scrape::want(call.platform, ReadSource { workspace_id, source_id, import_id }).await?;
        triggered.push(Triggered { source_id, name, import_id });
    }
    Ok(Reply { status: 202, ..Reply::of(&triggered)? })
}
