//! Prospects. A person is found by who they are, not by a number that somebody gave out: the row's
//! identities name the actor, and an actor that knows better says where the person is.

use crate::app::{Call, read};
use crate::body::{IMPORT_BYTES_MAX, Rule};
use crate::cursor::Cursor;
use crate::d1::{self, ProspectFilter};
use crate::gather::gather;
use crate::people::{Importer, MOVES_MAX, by_person, identities_of};
use crate::platform::Platform;
use crate::query::Query;
use crate::respond::Reply;
use actors::prospect_dedup::identity::instance;
use schema::ids::ProspectId;
use schema::prospect::{
    Delete, Get, History, HistoryPage, Imported, Link, NewProspect, Noted, Prospect,
    ProspectCommand, Reason, SetFollowUp, SetStage, Stage, Suppress, Unsuppress, Update, moved_to,
};
use schema::sort::SortSmall;
use schema::{ActorKind, Code, Permission, Principal, Reject, codec};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How many rows one request imports.
const ROWS_MAX: usize = 500;

/// Whether a body is one row or many.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow, default)]
    prospects: Option<&'a RawValue>,
}

/// Many rows, each read for itself: one that is wrong does not stop the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows<'a> {
    #[serde(borrow)]
    prospects: Vec<&'a RawValue>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProspectOutcome {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Imported>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Reject>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bulk {
    imported: usize,
    created: usize,
    failed: usize,
    results: Vec<ProspectOutcome>,
}

/// `POST /api/prospects`: one prospect, or `{"prospects": […]}` with a result for each.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`; in bulk, what is wrong with a row is in its
/// result.
pub async fn import<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Work).await?;
    let body = call.text(Rule::AtMost(IMPORT_BYTES_MAX), &[]).await?;
    let Shape { prospects: many } = serde_json::from_slice(&body)
        .map_err(|error| Reject::new(Code::BadRequest, error.to_string()))?;
    let (platform, request_id) = (call.platform, &*call.request_id);
    let importer = &Importer { platform, principal: &principal, request_id };
    let key = &call.key()?;
    if many.is_none() {
        let imported = importer.import(codec::from_json(&body)?, key.clone()).await?;
        let status = if imported.created { 201 } else { 200 };
        return Ok(Reply { status, ..Reply::of(&imported)?.created("/api/prospects") });
    }
    let rows: Rows<'_> = serde_json::from_slice(&body)
        .map_err(|error| Reject::field("prospects", error.to_string()))?;
    schema::check::items("prospects", &rows.prospects, ROWS_MAX)?;
    let results = gather(apart(&rows.prospects), |rows| async move {
        let mut results = Vec::with_capacity(rows.len());
        for (number, row) in rows {
            let key = key.as_ref().map(|key| row_key(key, number));
            let result = match row {
                Ok(row) => importer.import(row, key).await,
                Err(reject) => Err(reject),
            };
            results.push((number, result));
        }
        results
    });
    let mut results: Vec<_> = results.await.into_iter().flatten().collect();
    results.sort_small_by_key(|(number, _)| *number);
    let results: Vec<ProspectOutcome> =
        results.into_iter().map(|(_, result)| row_result(&call, result)).collect();
    let count = |test: fn(&ProspectOutcome) -> bool| results.iter().filter(|row| test(row)).count();
    let imported = count(|row| row.success);
    let created = count(|row| row.data.as_ref().is_some_and(|data| data.created));
    Reply::of(&Bulk { imported, created, failed: results.len() - imported, results })
}

/// A row and its place.
type Row = (usize, Result<NewProspect, Reject>);

/// The rows, each read for itself; those of one person together, in their order.
fn apart(rows: &[&RawValue]) -> Vec<Vec<Row>> {
    let read = |row: &&RawValue| codec::from_json::<NewProspect>(row.get().as_bytes());
    by_person(rows.iter().map(read).enumerate().collect(), |(_, row): &Row| {
        // A row without any identity is refused when its turn comes.
        row.as_ref().ok().and_then(|row| identities_of(row).ok()).unwrap_or_default()
    })
}

/// The key of a row: of the request's key and the row's place in it.
fn row_key(key: &str, number: usize) -> String {
    format!("{}:{number}", &crate::token::sha256_hex(key.as_bytes())[..32])
}

fn row_result<P: Platform>(
    call: &Call<'_, P>,
    result: Result<Imported, Reject>,
) -> ProspectOutcome {
    match result {
        Ok(data) => ProspectOutcome { success: true, data: Some(data), error: None },
        Err(mut reject) => {
            if reject.code == Code::Internal {
                let fields = [("requestId", &*call.request_id), ("why", &reject.message)];
                crate::log::error(call.platform, "row_failed", &fields);
                reject = Reject::new(Code::Internal, "internal error");
            }
            ProspectOutcome { success: false, data: None, error: Some(reject) }
        }
    }
}

async fn ask<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    id: ProspectId,
    key: Option<String>,
    command: &ProspectCommand,
) -> Result<Reply, Reject> {
    let instance = instance(principal.workspace, id);
    call.ask(ActorKind::ProspectDedup, instance, principal.clone(), key, command).await
}

/// Asks the prospect in the path, wherever the person is by now.
async fn follow<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    command: &ProspectCommand,
) -> Result<Reply, Reject> {
    follow_from(call, principal, (ProspectId(call.ids.first), call.key()?), command).await
}

/// A prospect, wherever the person is by now.
///
/// # Errors
/// `not_found`, `unavailable`.
pub async fn found<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    id: ProspectId,
) -> Result<Prospect, Reject> {
    read(&follow_from(call, principal, (id, None), &ProspectCommand::Get(Get {})).await?)
}

async fn follow_from<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    (mut id, key): (ProspectId, Option<String>),
    command: &ProspectCommand,
) -> Result<Reply, Reject> {
    for _ in 0..MOVES_MAX {
        match ask(call, principal, id, key.clone(), command).await {
            Ok(reply) => return Ok(reply),
            Err(reject) => id = moved_to(&reject).ok_or(reject)?,
        }
    }
    Err(Reject::new(Code::Unavailable, "the person is being found out: try again"))
}

/// `GET /api/prospects`: from D1.
///
/// # Errors
/// `unauthorized`, `invalid_input`, `unavailable`.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let known = ["stage", "q", "suppressed", "suppression", "limit", "cursor"];
    let query = call.query(&known)?;
    let (limit, keys) = (query.limit()?, &call.config.keys);
    let (filter, cursor) = (filter(&query)?, query.cursor()?);
    let principal = call.may(Permission::Read).await?;
    let list = format!("prospects|{}|{filter:?}", principal.workspace);
    let after = cursor.map(|text| Cursor::open(keys, &list, &text)).transpose()?;
    let workspace = principal.workspace;
    let mut rows =
        d1::prospects(call.platform, workspace, &filter, after.as_ref(), limit + 1).await?;
    let next = Cursor::cut(&mut rows, limit, |row| (row.created_at.unwrap_or(0), row.id));
    Reply::list(&rows, next.map(|cursor| cursor.seal(keys, &list)))
}

/// What the list is narrowed to: one thing at a time.
fn filter(query: &Query) -> Result<ProspectFilter, Reject> {
    let stage = query.name::<Stage>("stage")?;
    let filters = [
        stage.map(|stage| ProspectFilter::Stage(stage.as_str().to_owned())),
        query.text("q")?.map(|q| exact(&q)).transpose()?,
        query.flag("suppressed")?.map(ProspectFilter::Suppressed),
        query.name::<Reason>("suppression")?.map(ProspectFilter::Suppression),
    ];
    let mut filters = filters.into_iter().flatten();
    let filter = filters.next().unwrap_or(ProspectFilter::All);
    if filters.next().is_some() {
        let why = "cannot stand together: one of stage, q, suppressed, suppression";
        return Err(Reject::field("query", why));
    }
    Ok(filter)
}

/// An address, or a domain; both whole.
fn exact(text: &str) -> Result<ProspectFilter, Reject> {
    if text.contains('@') {
        return Ok(ProspectFilter::Email(schema::check::email("q", text)?));
    }
    let domain = text.trim().to_lowercase();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"%*".contains(c);
    if !domain.contains('.') || domain.len() > 253 || domain.chars().any(odd) {
        return Err(Reject::field("q", "must be an e-mail address or a domain, whole"));
    }
    Ok(ProspectFilter::Domain(domain))
}

/// `GET /api/prospects/{id}`.
///
/// # Errors
/// `unauthorized`, the prospect's.
pub async fn get<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Read).await?;
    Ok(follow(&call, &principal, &ProspectCommand::Get(Get {})).await?.tagged())
}

/// `PATCH /api/prospects/{id}`.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, the prospect's.
pub async fn change<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Work).await?;
    let input: Update = call.body(&[]).await?;
    Ok(follow(&call, &principal, &ProspectCommand::Update(input)).await?.tagged())
}

/// `DELETE /api/prospects/{id}`: erases the person; that no mail may leave to them is kept.
///
/// # Errors
/// `unauthorized`, `forbidden`, the prospect's.
pub async fn delete<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Manage).await?;
    let named = (ProspectId(call.ids.first), call.key()?);
    noted(&call, &principal, named, &ProspectCommand::Delete(Delete {})).await
}

/// `POST /api/prospects/{id}/suppress`.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, the prospect's.
pub async fn suppress<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Work).await?;
    let input: Suppress = call.body(&[]).await?;
    let named = (ProspectId(call.ids.first), call.key()?);
    noted(&call, &principal, named, &ProspectCommand::Suppress(input)).await
}

/// `POST /api/prospects/{id}/unsuppress`: lifts suppressions of one reason, with a note that is
/// kept.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`; the prospect's, as `conflict` for a complaint.
pub async fn unsuppress<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let input: Unsuppress = call.body(&[]).await?;
    Ok(follow(&call, &principal, &ProspectCommand::Unsuppress(input)).await?.tagged())
}

/// `POST /api/prospects/{id}/link`: both are one person from now on. The other must be there: an
/// actor that links whom nobody knows learns only later that there is no such prospect.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, the prospects'.
pub async fn link<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Work).await?;
    let input: Link = call.body(&[]).await?;
    found(&call, &principal, input.to).await?;
    Ok(follow(&call, &principal, &ProspectCommand::Link(input)).await?.tagged())
}

/// `PUT /api/prospects/{id}/stage`.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, the prospect's.
pub async fn set_stage<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Work).await?;
    let input: SetStage = call.body(&[]).await?;
    Ok(follow(&call, &principal, &ProspectCommand::SetStage(input)).await?.tagged())
}

/// `PUT /api/prospects/{id}/follow-up`: without `at` there is none any more.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, the prospect's.
pub async fn set_follow_up<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Work).await?;
    let input: SetFollowUp = call.body(&[]).await?;
    Ok(follow(&call, &principal, &ProspectCommand::SetFollowUp(input)).await?.tagged())
}

/// Asks for what must hold from now on: an alias forwards it, and its owner is asked as well.
///
/// # Errors
/// The prospect's; `unavailable`.
pub async fn noted<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    (mut id, key): (ProspectId, Option<String>),
    command: &ProspectCommand,
) -> Result<Reply, Reject> {
    for _ in 0..MOVES_MAX {
        let reply = match ask(call, principal, id, key.clone(), command).await {
            Ok(reply) => reply,
            Err(reject) => {
                id = moved_to(&reject).ok_or(reject)?;
                continue;
            }
        };
        match read(&reply)? {
            Noted::Here {} => return Ok(reply),
            Noted::Forwarded { to } => id = to,
        }
    }
    Err(Reject::new(Code::Unavailable, "the person is being found out: try again"))
}

/// `GET /api/prospects/{id}/history`.
///
/// # Errors
/// `unauthorized`, `invalid_input`, the prospect's.
pub async fn history<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["limit", "cursor"])?;
    let input = History { limit: Some(query.limit()?), cursor: query.cursor()? };
    let principal = call.may(Permission::Read).await?;
    let reply = follow(&call, &principal, &ProspectCommand::History(input)).await?;
    let page: HistoryPage = read(&reply)?;
    Reply::list(&page.entries, page.next_cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_person_are_imported_in_their_order_and_those_of_nobody_alone() {
        let body = br#"{ "prospects": [
            { "email": "ann@acme.example", "name": "Ann Lee" },
            { "email": "not an address" },
            { "name": "Ben Ray", "domain": "acme.example" },
            { "email": "ANN@acme.example", "name": "Anne Leigh" },
            7,
            { "email": "ben@acme.example", "name": "Ben Ray", "domain": "acme.example" }
        ] }"#;
        let rows: Rows<'_> = serde_json::from_slice(body).expect("rows");
        let places = |rows: &Vec<Row>| rows.iter().map(|(place, _)| *place).collect::<Vec<_>>();
        let people: Vec<_> = apart(&rows.prospects).iter().map(places).collect();
        assert_eq!(people, [vec![0, 3], vec![1], vec![2, 5], vec![4]]);
    }

    const FILTERS: &[&str] = &["stage", "q", "suppressed", "suppression"];

    fn narrowed(query: &str) -> Result<ProspectFilter, Reject> {
        filter(&Query::read(Some(query), FILTERS)?)
    }

    #[test]
    fn the_list_is_narrowed_to_one_thing_at_a_time() {
        for (query, expected) in [
            ("", ProspectFilter::All),
            ("stage=won", ProspectFilter::Stage("won".to_owned())),
            ("q=acme.example", ProspectFilter::Domain("acme.example".to_owned())),
            ("suppressed=true", ProspectFilter::Suppressed(true)),
            ("suppressed=false", ProspectFilter::Suppressed(false)),
            ("suppression=optOut", ProspectFilter::Suppression(Reason::OptOut)),
        ] {
            assert_eq!(narrowed(query), Ok(expected), "{query}");
        }
        for query in [
            "stage=new&q=acme.example",
            "stage=new&suppressed=true",
            "suppressed=false&suppression=optOut",
            "suppressed=yes",
            "suppression=because",
        ] {
            let code = narrowed(query).map_err(|reject| reject.code);
            assert_eq!(code, Err(Code::InvalidInput), "{query}");
        }
    }
}
