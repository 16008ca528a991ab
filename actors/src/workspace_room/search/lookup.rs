//! What of the index a search ranks together: the newest rows that match, a few hundred of them.

use super::cost::Cost;
use super::pending::{Pending, Rows};
use super::query::Query;
use super::slices;
use super::store::{self, Filter, Kind, Marks, TICKETS, USERS};
use crate::kernel::Ctx;
use schema::room::search::{Hit, HitKind};
use schema::{Millis, Reject};

/// How many rows of each kind are ranked together.
const RANKED: i64 = 200;
/// How many at most where those are left out that have not the whole of a long beginning.
const RANKED_LOOSELY: i64 = 400;
/// How many are looked at where a filter leaves some out.
const LOOKED_AT: i64 = 1_000;
/// What a ticket or a user counts against a comment that fits as well.
const TICKET_WEIGHT: f64 = 1.6;
const USER_WEIGHT: f64 = 1.8;

/// Up to which row of each kind the search goes on, where it is at its end.
pub const NOTHING: Marks = Marks {
    comments: Kind::Comments.end(),
    tickets: Kind::Tickets.end(),
    users: Kind::Users.end(),
    imported: 0,
};

/// What a row is measured against.
pub struct Lookup<'a> {
    /// What is looked for.
    pub query: &'a Query,
    /// How common its words are.
    pub cost: &'a Cost,
    /// Which tickets count.
    pub filter: &'a Filter,
    /// Up to where the index has come.
    pub marks: Marks,
    /// What it has not yet.
    pub pending: Pending,
}

/// Something found, as far as ranking needs it.
pub struct Found {
    /// What is answered, without its snippet.
    pub hit: Hit,
    /// When it last changed; a comment, when it was made.
    pub at: Millis,
    /// Its number among its kind.
    pub number: i64,
    /// Its text, or the beginning of a long one.
    pub text: String,
}

impl Lookup<'_> {
    /// What is ranked together from some rows downwards, and where to go on behind it.
    ///
    /// # Errors
    /// A storage fault.
    pub fn window(&self, ctx: &Ctx<'_>, upto: Marks) -> Result<(Vec<Found>, Marks), Reject> {
        let mut next = NOTHING;
        let (mut found, rest) = self.comments(ctx, upto.comments)?;
        next.comments = rest;

        let ((numbers, more), (users, rest)) = self.beside(ctx, upto)?;
        let taken = store::tickets(ctx.sql, &numbers, self.filter, self.ranked())?;
        next.tickets = self.rest(more, taken.len(), taken.last().map(|(last, _)| last.number));
        for (ticket, text) in taken {
            let one = self.found(HitKind::Ticket, ticket.updated_at, ticket.number, text);
            let full = |one: Found| Found { hit: Hit { ticket: Some(ticket), ..one.hit }, ..one };
            found.extend(one.map(full));
        }

        next.users = rest;
        for (number, user, at) in store::users(ctx.sql, &users)? {
            let name = user.name.as_deref().unwrap_or_default();
            let company = user.company_name.as_deref().unwrap_or_default();
            let email = user.email.as_deref().unwrap_or_default();
            let text = format!("{name} <{email}> {company}");
            let one = self.found(HitKind::User, at, number, text);
            let full = |one: Found| Found { hit: Hit { user: Some(user), ..one.hit }, ..one };
            found.extend(one.map(full));
        }
        Ok((found, next))
    }

    /// The newest comments that match and fit. More are read only while fewer fit than are ranked.
    fn comments(&self, ctx: &Ctx<'_>, upto: i64) -> Result<(Vec<Found>, i64), Reject> {
        let (seqs, rest) = self.newest(ctx, upto)?;
        let (mut left, mut found, mut read) = (&seqs[..], Vec::new(), 0);
        loop {
            let taken = store::comments(ctx.sql, left, self.filter, RANKED)?;
            read += taken.len() as i64;
            let last = taken.last().filter(|_| taken.len() as i64 == RANKED);
            let last = last.map_or(Kind::Comments.end(), |(_, last, _)| last.seq);
            left = &left[left.partition_point(|seq| *seq >= last)..];
            for (ticket, comment, text) in taken {
                let one = self.found(HitKind::Comment, comment.created_at, comment.seq, text);
                found.extend(one.map(|one| {
                    let hit = Hit { ticket: Some(ticket), comment: Some(comment), ..one.hit };
                    Found { hit, ..one }
                }));
            }
            if left.is_empty() {
                return Ok((found, rest));
            }
            if read >= self.ranked() || found.len() as i64 >= RANKED {
                return Ok((found, last - 1));
            }
        }
    }

    fn ranked(&self) -> i64 {
        if self.cost.loosely { RANKED_LOOSELY } else { RANKED }
    }

    fn looked_at(&self) -> i64 {
        if self.filter.is_empty() { self.ranked() } else { LOOKED_AT }
    }

    /// Goes on right behind the last row that was taken, where the filter took all that are ranked.
    fn rest(&self, rest: i64, taken: usize, last: Option<i64>) -> i64 {
        match last {
            Some(last) if taken as i64 == self.ranked() => last - 1,
            _ => rest,
        }
    }

    /// None where the index was asked for less and the text has not all of it. Of a long text only
    /// the beginning is here: the rest is looked at when it is shown.
    fn found(&self, kind: HitKind, at: Millis, number: i64, text: String) -> Option<Found> {
        // About how many words such a text has.
        let (usual, weight) = match kind {
            HitKind::Comment => (60.0, 1.0),
            HitKind::Ticket => (9.0, TICKET_WEIGHT),
            HitKind::User => (6.0, USER_WEIGHT),
        };
        let (score, has_all) = self.query.score(&self.cost.weights, &text, usual);
        let is_cut =
            || kind == HitKind::Comment && text.chars().nth(store::READ_CHARS - 1).is_some();
        if self.cost.loosely && !has_all && !is_cut() {
            return None;
        }
        let score = (weight * score * 1000.0).round() / 1000.0;
        let hit =
            Hit { kind, snippet: String::new(), score, ticket: None, comment: None, user: None };
        Some(Found { hit, at, number, text })
    }

    /// The newest comments that the index says match, as many as are looked at.
    fn newest(&self, ctx: &Ctx<'_>, upto: i64) -> Result<Rows, Reject> {
        let end = Kind::Comments.end();
        if upto == end {
            return Ok((Vec::new(), upto));
        }
        let mut expression = self.query.expression(self.cost.loosely);
        let mut rest = end;
        if self.cost.slices < slices::count(self.marks) {
            let (within, behind) = slices::down_from(upto, self.cost.slices, self.marks);
            expression = format!("{within} AND ({expression})");
            rest = behind;
        }
        let rows = store::matches(ctx.sql, &expression, (end + 1, upto), self.looked_at())?;
        if rows.len() as i64 == self.looked_at() {
            rest = rows.last().map_or(rest, |last| last - 1);
        }
        Ok(self.pending.amend(Kind::Comments, (rows, rest), upto, self.looked_at()))
    }

    /// The newest tickets and the newest users that match. They stand beside each other in the
    /// index, so that one question gives both, unless the users are too many.
    fn beside(&self, ctx: &Ctx<'_>, upto: Marks) -> Result<(Rows, Rows), Reject> {
        let (mut tickets, mut users) = ((Vec::new(), 0), (Vec::new(), 0));
        if upto.users != NOTHING.users {
            let first = if upto.tickets == NOTHING.tickets { USERS } else { TICKETS };
            let place = (first + 1, USERS + upto.users);
            let (both, full) = self.matches(ctx, place, 2 * self.looked_at())?;
            let here = both.partition_point(|entry| *entry > USERS);
            let (of_users, of_tickets) = both.split_at(here);
            let of_tickets = of_tickets.iter().map(|entry| entry - TICKETS);
            users.0 = of_users.iter().map(|entry| entry - USERS).collect();
            tickets.0 = of_tickets.filter(|number| *number <= upto.tickets).collect();
            if full {
                // All users, or none of the tickets.
                users.1 = users.0.last().filter(|_| here == both.len()).map_or(0, |last| last - 1);
                tickets = self.tickets(ctx, upto.tickets)?;
            }
        } else {
            tickets = self.tickets(ctx, upto.tickets)?;
        }
        let most = 2 * self.looked_at();
        tickets = self.pending.amend(Kind::Tickets, tickets, upto.tickets, most);
        users = self.pending.amend(Kind::Users, users, upto.users, most);
        Ok((tickets, users))
    }

    fn tickets(&self, ctx: &Ctx<'_>, upto: i64) -> Result<Rows, Reject> {
        if upto == NOTHING.tickets {
            return Ok((Vec::new(), upto));
        }
        let place = (TICKETS + 1, TICKETS + upto);
        let (entries, full) = self.matches(ctx, place, self.looked_at())?;
        let rows: Vec<i64> = entries.into_iter().map(|entry| entry - TICKETS).collect();
        let rest = rows.last().filter(|_| full).map_or(0, |last| last - 1);
        Ok((rows, rest))
    }

    /// Rows of the index that are no comments, and whether there may be more.
    fn matches(
        &self,
        ctx: &Ctx<'_>,
        place: (i64, i64),
        most: i64,
    ) -> Result<(Vec<i64>, bool), Reject> {
        let mut expression = self.query.expression(self.cost.loosely);
        if self.query.terms.len() > 1 {
            expression = format!("\"{}\" AND ({expression})", slices::BESIDE);
        }
        let entries = store::matches(ctx.sql, &expression, place, most)?;
        let full = entries.len() as i64 == most;
        Ok((entries, full))
    }
}
