//! What was said: tickets, their bodies, comments and attachments.

use super::{Asked, COMMENTS, Move, TICKETS};
use crate::convert;
use crate::dump::{Record, bad};
use crate::files;
use crate::ids;
use anyhow::Result;
use schema::Millis;
use schema::event::By;
use schema::ids::{AgentId, AttachmentId, CategoryId, CommentId, TeamId, TicketId, UserId};
use schema::room::comment::Visibility;
use schema::room::ticket::{Attributes, Source, Status};
use schema::room::transfer::{AttachmentRow, CommentRow, ImportRow, RowOutcome, TicketRow};
use std::collections::BTreeMap;

impl Move<'_, '_> {
    pub(super) fn tickets(&mut self) -> Result<()> {
        let dump = self.dump;
        self.loader.table("tickets");
        let replies = self.replies()?;
        dump.each("tickets", |row| {
            if !self.mine(&row)? {
                self.others[TICKETS].extend(row.number(&["id"])?);
                return Ok(());
            }
            let user = self.one("tickets", &row, &["user_id"], "users")?;
            let assignee = self.one("tickets", &row, &["assignee_id", "agent_id"], "agents")?;
            let team = self.one("tickets", &row, &["team_id"], "teams")?;
            let category = self.one("tickets", &row, &["category_id"], "categories")?;
            let wanted = row.number(&["number"])?;
            let (number, since) = (self.begin("tickets", &row)?, self.since);
            let table = self.loader.table("tickets");
            let (created_at, updated_at) = convert::times(&row, since, table);
            let (status, word) = convert::status(row.text(&["status"]), table);
            let subject = convert::subject(row.text(&["title", "subject"]), table);
            let tags = convert::tags(row.text(&["tags"]), word, table);
            let first_reply_at = replies.get(&number).copied();
            let over = matches!(status, Status::Solved | Status::Closed).then_some(updated_at);
            let ticket = TicketRow {
                id: TicketId(self.id("tickets", number)),
                number: Some(wanted.unwrap_or(number)),
                subject,
                status,
                priority: convert::priority(row.text(&["priority"])),
                tags,
                assignee_id: assignee.map(|agent| AgentId(self.id("agents", agent))),
                team_id: team.map(|team| TeamId(self.id("teams", team))),
                category_id: category.map(|it| CategoryId(self.id("categories", it))),
                custom_status_id: None,
                attributes: Attributes::new(),
                user_id: user.map(|user| UserId(self.id("users", user))),
                source: Source::Mail,
                follows_ticket_id: None,
                created_at,
                updated_at,
                first_reply_at,
                solved_at: over,
                closed_at: over.filter(|_| status == Status::Closed),
            };
            self.tickets.insert(number, Asked { user, created_at });
            self.loader.push("tickets", &number.to_string(), ImportRow::Ticket(ticket))
        })?;
        self.loader.flush()
    }

    /// When each ticket was first answered in public by an agent.
    fn replies(&self) -> Result<BTreeMap<i64, Millis>> {
        let mut replies: BTreeMap<i64, Millis> = BTreeMap::new();
        self.dump.each("comments", |row| {
            let ticket = row.number(&["ticket_id"])?;
            let agent = row.number(&["agent_id"])?.is_some_and(|id| self.has("agents", id));
            let at = row.text(&["created_at"]).and_then(convert::millis);
            if let (Some(ticket), Some(at), true) = (ticket, at, agent)
                && !row.flag(&["is_private"])
            {
                let first = replies.entry(ticket).or_insert(at.max(0));
                *first = at.max(0).min(*first);
            }
            Ok(())
        })?;
        Ok(replies)
    }

    /// What a ticket began with: its first comment.
    pub(super) fn bodies(&mut self) -> Result<()> {
        let dump = self.dump;
        self.loader.table("ticket_bodies");
        dump.each("ticket_bodies", |row| {
            let Some((number, ticket)) = self.ticket_of(&row)? else { return Ok(()) };
            let body = row.text(&["email_body", "body", "content"]).unwrap_or_default().to_owned();
            let author = ticket
                .user
                .map_or(By::System, |user| By::User { id: UserId(self.id("users", user)) });
            let at = row.text(&["created_at"]).and_then(convert::millis);
            let at = at.map_or(ticket.created_at, |at| at.max(0));
            self.begin("ticket_bodies", &row)?;
            self.say("ticket_bodies", &row, number, author, Visibility::Public, &body, at)
        })?;
        self.loader.flush()
    }

    pub(super) fn comments(&mut self) -> Result<()> {
        let dump = self.dump;
        self.loader.table("comments");
        dump.each("comments", |row| {
            let Some((number, ticket)) = self.ticket_of(&row)? else {
                self.others[COMMENTS].extend(row.number(&["id"])?);
                return Ok(());
            };
            let agent = self.one("comments", &row, &["agent_id"], "agents")?;
            let user = self.one("comments", &row, &["user_id"], "users")?;
            self.begin("comments", &row)?;
            let author = match (agent, user) {
                (Some(agent), _) => By::Agent { id: AgentId(self.id("agents", agent)) },
                (None, Some(user)) => By::User { id: UserId(self.id("users", user)) },
                (None, None) => By::System,
            };
            let private = row.flag(&["is_private"]);
            let visibility = if private { Visibility::Private } else { Visibility::Public };
            let body = row.text(&["content", "body"]).unwrap_or_default().to_owned();
            let table = self.loader.table("comments");
            let (at, _) = convert::times(&row, ticket.created_at, table);
            self.say("comments", &row, number, author, visibility, &body, at)
        })?;
        self.loader.flush()
    }

    /// The ticket that a row belongs to; none where that is another workspace's.
    fn ticket_of(&self, row: &Record) -> Result<Option<(i64, Asked)>> {
        let Some(number) = row.number(&["ticket_id"])? else {
            return bad("it belongs to no ticket");
        };
        match self.tickets.get(&number) {
            Some(ticket) => Ok(Some((number, *ticket))),
            None if self.others[TICKETS].contains(&number) => Ok(None),
            None => bad("its ticket is not there"),
        }
    }

    /// Lets a text stand in a ticket: as one comment, or as several where it is long.
    #[expect(clippy::too_many_arguments, reason = "each is a column of the row")]
    fn say(
        &mut self,
        table: &str,
        row: &Record,
        ticket: i64,
        author: By,
        visibility: Visibility,
        body: &str,
        created_at: Millis,
    ) -> Result<()> {
        let (number, workspace) = (row.id()?, self.loader.client.workspace());
        let html = self.wanted.html;
        let source = if matches!(author, By::Agent { .. }) { Source::Agent } else { Source::Mail };
        let parts = convert::bodies(body, html, self.loader.table(table));
        for (part, body) in parts.into_iter().enumerate() {
            let comment = CommentRow {
                id: CommentId(ids::of(workspace, table, number, part)),
                ticket_id: TicketId(self.id("tickets", ticket)),
                author: author.clone(),
                visibility,
                body,
                visible_body: None,
                source,
                automatic: false,
                mail: None,
                created_at,
            };
            let row = ImportRow::Comment(Box::new(comment));
            self.loader.push(table, &number.to_string(), row)?;
        }
        Ok(())
    }

    pub(super) fn attachments(&mut self) -> Result<()> {
        let dump = self.dump;
        let Some(name) = dump.table(&["attachments", "ticket_attachments"]) else { return Ok(()) };
        self.loader.table("attachments");
        dump.each(name, |row| {
            let Some(comment) = row.number(&["comment_id"])? else {
                return bad("it belongs to no comment");
            };
            if self.others[COMMENTS].contains(&comment) {
                return Ok(());
            }
            if !self.has("comments", comment) {
                return bad("its comment is not there");
            }
            let number = self.begin("attachments", &row)?;
            let (sha256, bytes_count) = match self.content(&row)? {
                Ok(content) => content,
                Err(why) => {
                    let table = self.loader.table("attachments");
                    *table.outcomes.entry(RowOutcome::Refused).or_default() += 1;
                    table.refuse(RowOutcome::Refused, &why, &number.to_string());
                    return Ok(());
                }
            };
            let table = self.loader.table("attachments");
            let content_type = row.text(&["content_type", "mime_type"]);
            let content_type = content_type.and_then(|text| convert::line(text, 255, table));
            let content_id = row.text(&["content_id"]);
            let content_id = content_id.and_then(|text| convert::line(text, 500, table));
            let file_name = convert::file_name(row.text(&["file_name", "filename"]), table);
            let file = AttachmentRow {
                id: AttachmentId(self.id("attachments", number)),
                comment_id: CommentId(self.id("comments", comment)),
                file_name,
                content_type: content_type.unwrap_or_else(|| "application/octet-stream".into()),
                bytes_count,
                sha256,
                content_id,
                inline: row.flag(&["is_inline"]),
            };
            self.loader.push("attachments", &number.to_string(), ImportRow::Attachment(file))
        })?;
        self.loader.flush()
    }

    /// Uploads the content of an attachment: what its row holds, or the file that it names.
    fn content(&mut self, row: &Record) -> Result<Result<(String, i64), String>> {
        let inside = row.bytes(&["content_bytes", "content", "data"]).map(<[u8]>::to_vec);
        let bytes = match inside {
            Some(bytes) => bytes,
            None => {
                let name = row.text(&["s3_key", "s3_url", "file_path", "file_url"]);
                let folder = self.wanted.files.as_deref();
                let path = name.zip(folder).and_then(|(name, folder)| files::find(folder, name));
                let Some(path) = path else {
                    return Ok(Err("its content is neither in the dump nor under --files".into()));
                };
                match std::fs::read(&path) {
                    Ok(bytes) => bytes,
                    Err(error) => return Ok(Err(format!("its file cannot be read: {error}"))),
                }
            }
        };
        files::upload(self.loader.client, &bytes)
    }
}
