//! What a row about a setting of the workspace becomes: attributes, business hours, free mail, what
//! notifications say, webhooks.

use super::import::{compare, known, plain, time};
use crate::kernel::Ctx;
use crate::workspace_room::directory::store::{attributes, free_mail as domains};
use crate::workspace_room::directory::{define, free_mail as free};
use crate::workspace_room::notifications::{settings, store as notices};
use crate::workspace_room::rules::handle::hours as handle;
use crate::workspace_room::rules::hours;
use crate::workspace_room::webhooks::handle::fields;
use crate::workspace_room::webhooks::store::webhooks::{self, Webhook};
use schema::codec::from_json;
use schema::room::attribute::{ATTRIBUTES_MAX, Attribute, LABEL_CHARS_MAX};
use schema::room::company::FreeMail;
use schema::room::hours::BusinessHours;
use schema::room::notification::NotificationTemplate;
use schema::room::transfer::{AttributeRow, RowOutcome, RowResult, WebhookRow};
use schema::room::webhook::WEBHOOKS_MAX;
use schema::{Reject, check};
use serde_json::{Map, Value};

/// Why a webhook that came from another workspace is switched off.
const NO_SECRET: &str = "it came without its secret and the query of its address: give it both";

/// Takes the definition of an attribute.
///
/// # Errors
/// `invalid_input`; `conflict` where there are too many, or another of the key that takes other
/// values.
pub fn attribute(ctx: &mut Ctx<'_>, row: &AttributeRow) -> Result<RowResult, Reject> {
    time(ctx, "createdAt", row.created_at)?;
    time(ctx, "updatedAt", row.updated_at)?;
    let asked = Attribute {
        id: row.id,
        subject: row.subject,
        key: define::check_key(&row.key)?,
        label: check::line("label", &row.label, LABEL_CHARS_MAX)?,
        kind: row.kind,
        options: define::options(row.kind, &row.options)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: 1,
    };
    let Some(here) = attributes::find(ctx.sql, row.id)? else {
        let defined = attributes::of_subject(ctx.sql, row.subject)?;
        if let Some((_, other)) = defined.iter().find(|(_, other)| other.key == asked.key) {
            if other.kind == asked.kind {
                return Ok(known(other.id));
            }
            return Err(Reject::conflict("there is an attribute with this key of another type"));
        }
        if defined.len() as i64 >= ATTRIBUTES_MAX {
            let why = format!("there are at most {ATTRIBUTES_MAX} attributes of a kind of thing");
            return Err(Reject::conflict(why));
        }
        attributes::insert(ctx.sql, &asked)?;
        return Ok(plain(RowOutcome::Created));
    };
    let for_life = (asked.subject, &asked.key, asked.kind, asked.created_at)
        == (here.subject, &here.key, here.kind, here.created_at);
    let result = compare(
        &[
            ("subject", asked.subject == here.subject),
            ("key", asked.key == here.key),
            ("label", asked.label == here.label),
            ("type", asked.kind == here.kind),
            ("options", asked.options == here.options),
            ("createdAt", asked.created_at == here.created_at),
            ("updatedAt", asked.updated_at == here.updated_at),
        ],
        for_life && asked.updated_at > here.updated_at,
    );
    if result.outcome == RowOutcome::Updated {
        attributes::update(ctx.sql, &Attribute { version: here.version + 1, ..asked })?;
    }
    Ok(result)
}

/// The definition of an attribute as a row.
#[must_use]
pub fn attribute_row(attribute: Attribute) -> AttributeRow {
    AttributeRow {
        id: attribute.id,
        subject: attribute.subject,
        key: attribute.key,
        label: attribute.label,
        kind: attribute.kind,
        options: attribute.options,
        created_at: attribute.created_at,
        updated_at: attribute.updated_at,
    }
}

/// Takes the business hours: where none are set here, and where they are newer.
///
/// # Errors
/// `invalid_input`.
pub fn business_hours(ctx: &mut Ctx<'_>, row: &Map<String, Value>) -> Result<RowResult, Reject> {
    let here = hours::find(ctx)?;
    let mut row = row.clone();
    if row.insert("version".into(), Value::from(here.version + 1)).is_some() {
        return Err(Reject::field("version", "is given here, not brought"));
    }
    let mut asked: BusinessHours = from_json(Value::Object(row).to_string().as_bytes())?;
    handle::shape(&mut asked)?;
    time(ctx, "updatedAt", asked.updated_at)?;
    let unset = here.version == 0;
    let mut result = compare(
        &[
            ("timeZone", asked.time_zone == here.time_zone && !unset),
            ("week", asked.week == here.week),
            ("holidays", asked.holidays == here.holidays),
            ("updatedAt", asked.updated_at == here.updated_at),
        ],
        unset || asked.updated_at > here.updated_at,
    );
    if result.outcome == RowOutcome::Updated {
        handle::apply(ctx, &asked)?;
        if unset {
            result = plain(RowOutcome::Created);
        }
    }
    Ok(result)
}

/// The business hours as a row, where they are set.
///
/// # Errors
/// A storage fault.
pub fn business_hours_row(ctx: &Ctx<'_>) -> Result<Option<Map<String, Value>>, Reject> {
    let hours = hours::find(ctx)?;
    if hours.version == 0 {
        return Ok(None);
    }
    let value = serde_json::to_value(&hours);
    let value = value.map_err(|error| Reject::internal(format!("business hours: {error}")))?;
    let Value::Object(mut row) = value else { return Ok(None) };
    row.remove("version");
    Ok(Some(row))
}

/// Takes the domains of free mail, where none are set here.
///
/// # Errors
/// `invalid_input`.
pub fn free_mail(ctx: &mut Ctx<'_>, row: &FreeMail) -> Result<RowResult, Reject> {
    let asked = free::checked(&row.domains)?;
    let here = domains::list(ctx.sql)?;
    let result = compare(&[("domains", asked == here)], false);
    if result.outcome == RowOutcome::Conflict && here.is_empty() {
        domains::replace(ctx.sql, &asked)?;
        return Ok(plain(RowOutcome::Created));
    }
    Ok(result)
}

/// Takes what notifications of a kind say, where the workspace has no text of its own.
///
/// # Errors
/// `invalid_input`, also for a variable that there is not.
pub fn template(ctx: &mut Ctx<'_>, row: &NotificationTemplate) -> Result<RowResult, Reject> {
    let asked = settings::checked(row)?;
    let Some(here) = notices::template(ctx.sql, row.kind)? else {
        notices::set_template(ctx.sql, &asked)?;
        let (inbox, _) = notices::setup(ctx.sql)?;
        notices::set_setup(ctx.sql, inbox)?;
        return Ok(plain(RowOutcome::Created));
    };
    Ok(compare(&[("title", asked.title == here.title), ("body", asked.body == here.body)], false))
}

/// Takes a webhook: switched off, and without a secret.
///
/// # Errors
/// `invalid_input`; `conflict` where there are too many.
pub fn webhook(ctx: &mut Ctx<'_>, row: &WebhookRow) -> Result<RowResult, Reject> {
    let url = fields::url(&row.url)?;
    let kinds = fields::kinds(&row.kinds)?;
    let description = fields::description(Some(&row.description))?;
    time(ctx, "createdAt", row.created_at)?;
    time(ctx, "updatedAt", row.updated_at)?;
    let Some(here) = webhooks::find(ctx.sql, row.id)? else {
        if webhooks::list(ctx.sql)?.len() as i64 >= WEBHOOKS_MAX {
            let why = format!("a workspace has at most {WEBHOOKS_MAX} webhooks");
            return Err(Reject::conflict(why));
        }
        let webhook = Webhook {
            number: 0,
            id: row.id,
            url,
            description,
            kinds,
            active: false,
            disabled_reason: Some(NO_SECRET.into()),
            sealed_secret: Vec::new(),
            sealed_previous: None,
            previous_until: None,
            cursor: ctx.seq(),
            waiting: 0,
            failures: 0,
            failing_since: None,
            hold_until: 0,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: 1,
        };
        webhooks::insert(ctx.sql, &webhook)?;
        return Ok(plain(RowOutcome::Created));
    };
    Ok(compare(
        &[
            ("url", without_query(&url) == without_query(&here.url)),
            ("description", description == here.description),
            ("kinds", kinds == here.kinds),
            ("createdAt", row.created_at == here.created_at),
            ("updatedAt", row.updated_at == here.updated_at),
        ],
        false,
    ))
}

/// A webhook as a row: without its secrets, and without the query of its address, which may be one.
#[must_use]
pub fn webhook_row(webhook: Webhook) -> WebhookRow {
    WebhookRow {
        id: webhook.id,
        url: without_query(&webhook.url),
        description: webhook.description,
        kinds: webhook.kinds,
        created_at: webhook.created_at,
        updated_at: webhook.updated_at,
    }
}

fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}
