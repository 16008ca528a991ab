//! Taking rows from elsewhere.

use super::{comments, items, people, rules, settings, store, tickets};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::catalogue::Kind;
use crate::workspace_room::derived;
use crate::workspace_room::store::counts;
use crate::workspace_room::store::tickets::{Standing, standing};
use litemap::Entry;
use litemap::LiteMap;
use schema::ids::TicketId;
use schema::room::ticket::Status;
use schema::room::transfer::{
    BYTES_MAX, ImportRow, ImportRows, ROWS_MAX, RowOutcome, RowResult, RowsImported,
    WorkspaceImported,
};
use schema::summary::Table;
use schema::{Code, Millis, Permission, Reject};

/// How far ahead of ours a source's clock may be.
const AHEAD_MS_MAX: Millis = 24 * 60 * 60 * 1000;

/// Takes rows, in their order. What a row is refused for keeps no other row from being taken. Event
/// `workspace.imported`, none where nothing changes.
///
/// # Errors
/// `invalid_input` for no row, too many, or too much text.
pub fn import_rows(ctx: &mut Ctx<'_>, input: ImportRows) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let bytes: usize = input.rows.iter().map(text_bytes).sum();
    if input.rows.is_empty() || input.rows.len() > ROWS_MAX || bytes > BYTES_MAX {
        let rule = format!("must have 1 to {ROWS_MAX} items, of at most {BYTES_MAX} bytes");
        return Err(Reject::field("rows", rule));
    }

    let mut load = Load::default();
    let mut results = Vec::with_capacity(input.rows.len());
    for row in &input.rows {
        results.push(load.take(ctx, row)?);
    }
    load.finish(ctx)?;
    Reply::of(&RowsImported { results })
}

fn text_bytes(row: &ImportRow) -> usize {
    match row {
        ImportRow::Comment(comment) => comment.body.len(),
        ImportRow::CannedReply(item) | ImportRow::Signature(item) => {
            item.body.as_ref().map_or(0, String::len)
        }
        _ => 0,
    }
}

/// What a call changes, put together until all rows are taken.
#[derive(Debug, Default)]
pub struct Load {
    done: WorkspaceImportedCounts,
    /// The last number that a ticket has, once it is known.
    last_number: Option<i64>,
    /// How many tickets more there are of a status.
    statuses: LiteMap<Status, i64>,
    /// The tickets that got comments, as they stand after them.
    commented: LiteMap<TicketId, Standing>,
    /// Whether an agent was written, whose version is in the workspace's row.
    agents: bool,
    /// The last seq of an imported comment, once it is known.
    last_seq: Option<i64>,
}

#[derive(Debug, Default)]
struct WorkspaceImportedCounts {
    created: i64,
    updated: i64,
}

impl Load {
    fn take(&mut self, ctx: &mut Ctx<'_>, row: &ImportRow) -> Result<RowResult, Reject> {
        let taken = match row {
            ImportRow::Agent(row) => people::agent(ctx, row),
            ImportRow::Team(row) => people::team(ctx, row),
            ImportRow::Category(row) => items::item(ctx, Kind::Category, row),
            ImportRow::CustomStatus(row) => items::item(ctx, Kind::Status, row),
            ImportRow::CannedReply(row) => items::item(ctx, Kind::Canned, row),
            ImportRow::Signature(row) => items::item(ctx, Kind::Signature, row),
            ImportRow::Macro(row) => items::item(ctx, Kind::Macro, row),
            ImportRow::View(row) => items::item(ctx, Kind::View, row),
            ImportRow::Attribute(row) => settings::attribute(ctx, row),
            ImportRow::BusinessHours(row) => settings::business_hours(ctx, row),
            ImportRow::FreeMail(row) => settings::free_mail(ctx, row),
            ImportRow::NotificationTemplate(row) => settings::template(ctx, row),
            ImportRow::Webhook(row) => settings::webhook(ctx, row),
            ImportRow::SlaPolicy(row) => rules::sla_policy(ctx, row),
            ImportRow::Workflow(row) => rules::workflow(ctx, row),
            ImportRow::Automation(row) => rules::automation(ctx, row),
            ImportRow::Company(row) => people::company(ctx, row),
            ImportRow::User(row) => people::user(ctx, row),
            ImportRow::Ticket(row) => {
                self.write_commented(ctx)?;
                tickets::ticket(ctx, self, row)
            }
            ImportRow::Merge(row) => {
                self.write_commented(ctx)?;
                tickets::merge(ctx, row)
            }
            ImportRow::Comment(row) => comments::comment(ctx, self, row),
            ImportRow::Attachment(row) => comments::attachment(ctx, row),
        };
        match taken {
            Ok(result) => {
                self.done.created += i64::from(result.outcome == RowOutcome::Created);
                self.done.updated += i64::from(result.outcome == RowOutcome::Updated);
                let written = matches!(result.outcome, RowOutcome::Created | RowOutcome::Updated);
                self.agents |= written && matches!(row, ImportRow::Agent(_));
                Ok(result)
            }
            Err(reject) if is_of_the_row(reject.code) => {
                Ok(RowResult { reason: Some(reject.message), ..plain(RowOutcome::Refused) })
            }
            Err(reject) => Err(reject),
        }
    }

    /// A number for a ticket: the one it brings, where no other ticket has it; else the next.
    ///
    /// # Errors
    /// A storage fault.
    pub fn number(&mut self, ctx: &Ctx<'_>, wanted: Option<i64>) -> Result<i64, Reject> {
        let last = match self.last_number {
            Some(last) => last,
            None => store::last_number(ctx.sql)?,
        };
        let number = match wanted {
            Some(wanted) if wanted > last || !store::number_taken(ctx.sql, wanted)? => wanted,
            _ => last + 1,
        };
        self.last_number = Some(last.max(number));
        Ok(number)
    }

    /// The seq of the next imported comment.
    ///
    /// # Errors
    /// A storage fault.
    pub fn seq(&mut self, ctx: &Ctx<'_>) -> Result<i64, Reject> {
        let last = match self.last_seq {
            Some(last) => last,
            None => store::last_imported(ctx.sql)?,
        };
        self.last_seq = Some(last + 1);
        Ok(last + 1)
    }

    /// Counts a ticket that came to a status (or left it, below zero).
    pub fn count(&mut self, status: Status, tickets: i64) {
        *self.statuses.entry(status).or_default() += tickets;
    }

    /// How a ticket stands, with the comments of this call.
    ///
    /// # Errors
    /// `not_found`; `conflict` where its comments are in another.
    pub fn standing(&mut self, ctx: &Ctx<'_>, id: TicketId) -> Result<&mut Standing, Reject> {
        match self.commented.entry(id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let found = standing(ctx.sql, id)?.filter(|ticket| !ticket.deleted);
                let found = found.ok_or_else(|| Reject::not_found("ticket"))?;
                if found.merged_into.is_some() {
                    return Err(Reject::conflict("the ticket is merged into another"));
                }
                Ok(place.insert(found))
            }
        }
    }

    fn write_commented(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Reject> {
        for (id, mut ticket) in std::mem::take(&mut self.commented) {
            ticket.version += 1;
            store::set_commented(ctx.sql, &ticket)?;
            ctx.summarise(Table::Tickets, &id.to_string())?;
        }
        Ok(())
    }

    fn finish(mut self, ctx: &mut Ctx<'_>) -> Result<(), Reject> {
        self.write_commented(ctx)?;
        let mut counted = self.last_number.is_some();
        for (status, tickets) in self.statuses.into_iter().filter(|(_, tickets)| *tickets != 0) {
            counts::add(ctx.sql, status, tickets)?;
            counted = true;
        }
        if counted {
            store::set_last_number(ctx.sql, self.last_number.unwrap_or(0), ctx.now)?;
        }
        if counted || self.agents {
            let workspace = ctx.principal.workspace.to_string();
            ctx.summarise(Table::Workspaces, &workspace)?;
        }
        let WorkspaceImportedCounts { created, updated } = self.done;
        if created + updated > 0 {
            ctx.event("workspace.imported", None, &WorkspaceImported { created, updated })?;
            derived::set(ctx)?;
        }
        Ok(())
    }
}

const fn is_of_the_row(code: Code) -> bool {
    matches!(code, Code::InvalidInput | Code::NotFound | Code::Conflict | Code::TooLarge)
}

/// What became of a row, with nothing to add.
#[must_use]
pub const fn plain(outcome: RowOutcome) -> RowResult {
    RowResult { outcome, number: None, existing_id: None, reason: None }
}

/// A row whose thing is here under another id.
#[must_use]
pub fn known(id: impl ToString) -> RowResult {
    RowResult { existing_id: Some(id.to_string()), ..plain(RowOutcome::Known) }
}

/// A row whose thing was here: its id is used for good.
#[must_use]
pub fn deleted() -> RowResult {
    let reason = Some("it was here, and is deleted".to_owned());
    RowResult { reason, ..plain(RowOutcome::Conflict) }
}

/// What a row becomes whose thing is here: the names of the fields in which it differs, and whether
/// it may be written over.
#[must_use]
pub fn compare(fields: &[(&str, bool)], writable: bool) -> RowResult {
    let differing: Vec<&str> =
        fields.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    if differing.is_empty() {
        return plain(RowOutcome::Unchanged);
    }
    if writable {
        return plain(RowOutcome::Updated);
    }
    let reason = format!("it differs in {}; what is here stays", differing.join(", "));
    RowResult { reason: Some(reason), ..plain(RowOutcome::Conflict) }
}

/// A time of the past, as far as two clocks agree.
///
/// # Errors
/// `invalid_input`.
pub fn time(ctx: &Ctx<'_>, field: &str, at: Millis) -> Result<Millis, Reject> {
    if (0..=ctx.now + AHEAD_MS_MAX).contains(&at) {
        return Ok(at);
    }
    Err(Reject::field(field, "must be a time of the past, in ms since 1970"))
}
