//! Canned replies and signatures: texts with variables.

use super::{Change, Content, Draft, Kind, alter, make, render, view};
use crate::kernel::{Ctx, Reply};
use schema::room::catalogue::{ChangeText, CreateText, TEXT_CHARS_MAX};
use schema::sort::collect_small;
use schema::{Reject, check};
use serde_json::json;

/// Makes a text. Event `cannedReply.created` or `signature.created`, unless it is the caller's
/// own.
///
/// # Errors
/// `forbidden`; `invalid_input`, also for a variable that there is not; `conflict` where the name
/// is another's.
pub fn create(ctx: &mut Ctx<'_>, kind: Kind, input: &CreateText) -> Result<Reply, Reject> {
    let draft = Draft { name: input.name.clone(), team: input.team_id, personal: input.personal };
    if input.inbox_id.is_some() && kind != Kind::Signature {
        return Err(Reject::field("inboxId", format!("is nothing that a {} has", kind.noun())));
    }
    if input.inbox_id.is_some() && (input.personal || input.team_id.is_some()) {
        return Err(Reject::field("inboxId", "stands beside neither teamId nor personal"));
    }
    let item = make(ctx, kind, draft, |_| {
        let mut content = content(&input.body)?;
        content.extend(input.inbox_id.map(|inbox| ("inboxId".to_owned(), json!(inbox))));
        Ok(content)
    })?;
    Reply::of(&view(kind, &item))
}

/// Changes a text. Event `cannedReply.changed` or `signature.changed`, unless it is the caller's
/// own.
///
/// # Errors
/// `forbidden`, `not_found`, `version_mismatch`; `invalid_input`, also for a variable that there
/// is not; `conflict` where the name is another's.
pub fn change(ctx: &mut Ctx<'_>, kind: Kind, input: &ChangeText) -> Result<Reply, Reject> {
    let item = alter(ctx, kind, input.id, |_, _| {
        Ok(Change {
            name: input.name.clone(),
            archived: input.archived,
            if_version: input.if_version,
            content: input.body.as_deref().map(content).transpose()?.unwrap_or_default(),
        })
    })?;
    Reply::of(&view(kind, &item))
}

/// What only a text has.
///
/// # Errors
/// `invalid_input`, also for a variable that there is not.
pub fn content(body: &str) -> Result<Content, Reject> {
    let body = check::text("body", body, TEXT_CHARS_MAX)?;
    render::check("body", &body)?;
    Ok(collect_small([("body".to_owned(), json!(body))]))
}
