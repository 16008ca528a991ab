//! All rows of the workspace, page by page: what leans on a row comes after it.

use super::rules::{self, Rule};
use super::{items, settings, store};
use crate::kernel::{Ctx, Fault, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::access::store::agents;
use crate::workspace_room::catalogue::store::Walk;
use crate::workspace_room::catalogue::{self, Item, Kind, categories};
use crate::workspace_room::directory::store::{attributes, free_mail};
use crate::workspace_room::store::{BOTTOM, TOP, attachments, comments, companies, tickets, users};
use crate::workspace_room::webhooks::store::webhooks;
use crate::workspace_room::{audit, cursor, notifications, teams};
use schema::ids::{CommentId, TeamId};
use schema::room::access::Agent;
use schema::room::attribute::Subject;
use schema::room::automation::Automation;
use schema::room::comment::{Attachment, Comment};
use schema::room::company::{Company, FreeMail};
use schema::room::mail::MailFacts;
use schema::room::notification;
use schema::room::sla::SlaPolicy;
use schema::room::team::{TEAMS_MAX, Team};
use schema::room::ticket::Ticket;
use schema::room::transfer::{
    AgentRow, AttachmentRow, CommentRow, CompanyRow, ExportPage, ExportRows, ImportRow, TeamRow,
    TicketRow, UserRow,
};
use schema::room::user::{Handle, HandleKind, NewHandle, User};
use schema::room::workflow::Workflow;
use schema::sort::SortSmall;
use schema::{Permission, Reject};
use serde_json::Value;
use std::str::FromStr;

const LIST: &str = "export";
/// How many things are read at a time.
const CHUNK: i64 = 100;
/// After so many rows a page ends.
const PAGE_ROWS: usize = 1_000;
/// After so many bytes of text a page ends.
const PAGE_BYTES: usize = 512 * 1024;
/// The parts of an export, in their order; a cursor holds the part and the place in it.
const PARTS: [Part; 14] = [
    agents_part,
    teams_part,
    categories_part,
    items_part,
    attributes_part,
    settings_part,
    policies_part,
    workflows_part,
    automations_part,
    companies_part,
    users_part,
    tickets_part,
    merges_part,
    comments_part,
];
/// How many levels of categories are told apart; what is further in comes with the last.
const LEVELS: i64 = 16;
/// More than the number of any thing of the catalogue.
const LEVEL: i64 = 1 << 40;

/// Reads things after a place; gives the place of the last of them, none at the end.
type Part = fn(&Ctx<'_>, i64, &mut Page) -> Result<Option<i64>, Fault>;

#[derive(Default)]
struct Page {
    rows: Vec<Value>,
    bytes: usize,
}

impl Page {
    fn push(&mut self, row: &ImportRow, bytes: usize) -> Result<(), Fault> {
        // Through a value, whose maps are sorted: so the text of a row is the same everywhere.
        let row = serde_json::to_value(row).map_err(|error| Fault(format!("export: {error}")))?;
        self.bytes += bytes;
        self.rows.push(row);
        Ok(())
    }
}

/// Gives the next rows. Nothing in them is secret: no password, no token, no address of a file.
///
/// # Errors
/// `forbidden`; `invalid_input` for a bad cursor.
pub fn export_rows(ctx: &Ctx<'_>, input: &ExportRows) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Manage)?;
    let position = cursor::read(ctx, LIST, input.cursor.as_deref())?;
    if position.is_none() {
        audit::note(ctx, "workspace.exported", member.agent, &serde_json::json!({}))?;
    }

    let (part, mut after) = position.unwrap_or((0, BOTTOM));
    let mut part = usize::try_from(part).unwrap_or(PARTS.len());
    let mut page = Page::default();
    while page.rows.len() < PAGE_ROWS && page.bytes < PAGE_BYTES {
        let Some(read) = PARTS.get(part) else { break };
        match read(ctx, after, &mut page)? {
            Some(last) => after = last,
            None => (part, after) = (part + 1, BOTTOM),
        }
    }
    let more = part < PARTS.len();
    let next_cursor = more.then(|| cursor::write(ctx, LIST, (part as i64, after)));
    Reply::of(&ExportPage { head: ctx.seq(), rows: page.rows, next_cursor })
}

fn agents_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    if after > BOTTOM {
        return Ok(None);
    }
    for agent in agents::list(ctx.sql)? {
        page.push(&ImportRow::Agent(agent_row(agent)), 0)?;
    }
    Ok(Some(0))
}

fn agent_row(agent: Agent) -> AgentRow {
    AgentRow {
        id: agent.id,
        email: agent.email,
        name: agent.name,
        role: agent.role,
        created_at: agent.created_at,
        updated_at: agent.updated_at,
    }
}

/// The teams that there are: at most a few hundred.
fn teams_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    if after > BOTTOM {
        return Ok(None);
    }
    for (_, team) in teams::store::list(ctx.sql, TOP, TEAMS_MAX)?.into_iter().rev() {
        page.push(&ImportRow::Team(team_row(team)), 0)?;
    }
    Ok(Some(0))
}

fn team_row(team: Team) -> TeamRow {
    TeamRow {
        id: team.id,
        name: team.name,
        description: team.description,
        member_ids: team.member_ids,
        created_at: team.created_at,
        updated_at: team.updated_at,
    }
}

/// The categories, level by level: each after the one that it is part of.
fn categories_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    let (level, number) = (after.max(0) / LEVEL, after.max(0) % LEVEL);
    if level == LEVELS {
        return Ok(None);
    }
    let found = catalogue::store::after(ctx.sql, Walk::Categories, number, CHUNK)?;
    let last = found.last().map(|(_, item)| item.number);
    for (kind, item) in found {
        if level_of(ctx, &item)? == level {
            push_item(ctx, page, kind, item)?;
        }
    }
    Ok(Some(last.map_or((level + 1) * LEVEL, |number| level * LEVEL + number)))
}

/// How many categories one is part of, up to a bound.
fn level_of(ctx: &Ctx<'_>, item: &Item) -> Result<i64, Fault> {
    let (mut level, mut next) = (0, categories::parent_of(item));
    while let Some(id) = next.filter(|_| level < LEVELS - 1) {
        let above = catalogue::store::find(ctx.sql, Kind::Category, id)?;
        next = above.as_ref().and_then(categories::parent_of);
        level += 1;
    }
    Ok(level)
}

/// What else there is of the catalogue.
fn items_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    let mut last = None;
    for (kind, item) in catalogue::store::after(ctx.sql, Walk::Others, after, CHUNK)? {
        last = Some(item.number);
        push_item(ctx, page, kind, item)?;
        if page.bytes >= PAGE_BYTES {
            break;
        }
    }
    Ok(last)
}

fn push_item(ctx: &Ctx<'_>, page: &mut Page, kind: Kind, item: Item) -> Result<(), Fault> {
    let row = items::row(ctx, kind, item).map_err(broken)?;
    let bytes = row.body.as_ref().map_or(0, String::len);
    let row = match kind {
        Kind::Category => ImportRow::Category(row),
        Kind::Status => ImportRow::CustomStatus(row),
        Kind::Canned => ImportRow::CannedReply(row),
        Kind::Signature => ImportRow::Signature(row),
        Kind::Macro => ImportRow::Macro(row),
        Kind::View => ImportRow::View(row),
    };
    page.push(&row, bytes)
}

/// The attributes that are defined: at most a hundred of each kind of thing.
fn attributes_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    if after > BOTTOM {
        return Ok(None);
    }
    for subject in Subject::ALL {
        let mut defined = attributes::of_subject(ctx.sql, subject)?;
        defined.sort_small_by_key(|(number, _)| *number);
        for (_, attribute) in defined {
            page.push(&ImportRow::Attribute(settings::attribute_row(attribute)), 0)?;
        }
    }
    Ok(Some(0))
}

/// What there is one of, and the few webhooks.
fn settings_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    if after > BOTTOM {
        return Ok(None);
    }
    if let Some(hours) = settings::business_hours_row(ctx).map_err(broken)? {
        page.push(&ImportRow::BusinessHours(hours), 0)?;
    }
    let domains = free_mail::list(ctx.sql)?;
    if !domains.is_empty() {
        page.push(&ImportRow::FreeMail(FreeMail { domains }), 0)?;
    }
    for kind in notification::KINDS {
        if let Some(template) = notifications::store::template(ctx.sql, kind)? {
            page.push(&ImportRow::NotificationTemplate(template), 0)?;
        }
    }
    for webhook in webhooks::list(ctx.sql)? {
        page.push(&ImportRow::Webhook(settings::webhook_row(webhook)), 0)?;
    }
    Ok(Some(0))
}

fn policies_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    rule(page, rules::next::<SlaPolicy>(ctx, after, ImportRow::SlaPolicy))
}

fn workflows_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    rule(page, rules::next::<Workflow>(ctx, after, ImportRow::Workflow))
}

fn automations_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    rule(page, rules::next::<Automation>(ctx, after, ImportRow::Automation))
}

fn rule(page: &mut Page, next: Result<Option<Rule>, Reject>) -> Result<Option<i64>, Fault> {
    let Some((place, row, bytes)) = next.map_err(broken)? else { return Ok(None) };
    page.push(&row, bytes)?;
    Ok(Some(place))
}

fn broken(reject: Reject) -> Fault {
    Fault(reject.message)
}

fn companies_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    let found = store::company_ids(ctx.sql, after, CHUNK)?;
    for (_, id) in &found {
        let company = companies::find(ctx.sql, parsed(id)?)?.ok_or_else(gone)?;
        page.push(&ImportRow::Company(company_row(company)), 0)?;
    }
    Ok(found.last().map(|(number, _)| *number))
}

fn company_row(company: Company) -> CompanyRow {
    let mut domains = company.domains;
    let only = if domains.len() == 1 { domains.pop() } else { None };
    CompanyRow {
        id: company.id,
        name: company.name,
        domain: only,
        domains,
        attributes: company.attributes,
        archived: company.archived,
        created_at: company.created_at,
    }
}

fn users_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    let found = store::user_ids(ctx.sql, after, CHUNK)?;
    for (_, id) in &found {
        let user = users::find(ctx.sql, parsed(id)?)?.ok_or_else(gone)?;
        page.push(&ImportRow::User(user_row(user)), 0)?;
    }
    Ok(found.last().map(|(number, _)| *number))
}

fn user_row(user: User) -> UserRow {
    let is_email = |it: &Handle| it.kind == HandleKind::Email && it.primary;
    let handles = user.handles.into_iter().filter(|handle| !is_email(handle));
    UserRow {
        id: user.id,
        email: user.email,
        handles: handles.map(|it| NewHandle { kind: it.kind, value: it.value }).collect(),
        name: user.name,
        company_id: user.company_id,
        attributes: user.attributes,
        archived: user.archived,
        created_at: user.created_at,
        updated_at: user.updated_at,
    }
}

fn tickets_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    let found = tickets::ids_after(ctx.sql, after, CHUNK)?;
    for (_, id) in &found {
        let ticket = tickets::find(ctx.sql, parsed(id)?)?.ok_or_else(gone)?;
        if ticket.deleted_at.is_none() {
            let team_id = items::live_team(ctx, ticket.team_id)?;
            page.push(&ImportRow::Ticket(ticket_row(ticket, team_id)), 0)?;
        }
    }
    Ok(found.last().map(|(number, _)| *number))
}

fn ticket_row(ticket: Ticket, team_id: Option<TeamId>) -> TicketRow {
    TicketRow {
        id: ticket.id,
        number: Some(ticket.number),
        subject: ticket.subject,
        status: ticket.status,
        priority: ticket.priority,
        tags: ticket.tags,
        assignee_id: ticket.assignee_id,
        team_id,
        category_id: ticket.category_id,
        custom_status_id: ticket.custom_status_id,
        attributes: ticket.attributes,
        user_id: ticket.user_id,
        source: ticket.source,
        follows_ticket_id: ticket.follows_ticket_id,
        created_at: ticket.created_at,
        updated_at: ticket.updated_at,
        first_reply_at: ticket.first_reply_at,
        solved_at: ticket.solved_at,
        closed_at: ticket.closed_at,
    }
}

fn merges_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    let mut last = None;
    for (number, merge) in store::merges(ctx.sql, after, CHUNK)? {
        last = Some(number);
        page.push(&ImportRow::Merge(merge), 0)?;
    }
    Ok(last)
}

/// Comments of tickets that are not deleted, each with its files after it.
fn comments_part(ctx: &Ctx<'_>, after: i64, page: &mut Page) -> Result<Option<i64>, Fault> {
    let found = store::comment_ids(ctx.sql, after, CHUNK)?;
    let mut last = None;
    for (seq, id) in &found {
        last = Some(*seq);
        let Some((comment, files)) = comments::find(ctx.sql, parsed(id)?)? else { continue };
        let (id, bytes) = (comment.id, comment.body.len());
        page.push(&ImportRow::Comment(Box::new(comment_row(comment))), bytes)?;
        if files > 0 {
            for (_, file) in attachments::of_comments(ctx.sql, &[*seq])? {
                page.push(&ImportRow::Attachment(attachment_row(id, file)), 0)?;
            }
        }
        if page.bytes >= PAGE_BYTES {
            break;
        }
    }
    Ok(last)
}

fn comment_row(comment: Comment) -> CommentRow {
    CommentRow {
        id: comment.id,
        ticket_id: comment.ticket_id,
        author: comment.author,
        visibility: comment.visibility,
        body: comment.body,
        visible_body: comment.visible_body,
        source: comment.source,
        automatic: comment.automatic,
        mail: comment.mail.map(|mail| MailFacts { raw_key: String::new(), ..mail }),
        created_at: comment.created_at,
    }
}

fn attachment_row(comment_id: CommentId, file: Attachment) -> AttachmentRow {
    AttachmentRow {
        id: file.id,
        comment_id,
        file_name: file.file_name,
        content_type: file.content_type,
        bytes_count: file.bytes_count,
        sha256: file.sha256,
        content_id: file.content_id,
        inline: file.inline,
    }
}

fn parsed<T: FromStr>(id: &str) -> Result<T, Fault> {
    id.parse().map_err(|_| Fault(format!("no id: {id}")))
}

fn gone() -> Fault {
    Fault("a row that was listed is not there".into())
}
