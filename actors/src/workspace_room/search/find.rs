//! The `search` command.

use super::query::Query;
use super::store::{self, Filter, Kind, Marks};
use super::{index, snippet};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::{cursor, derived};
use schema::page::{self, Page};
use schema::room::search::{Hit, HitKind, QUERY_CHARS_MAX, Search};
use schema::{Millis, Permission, Reject, check};

/// How many rows of each kind are ranked together.
const RANKED: i64 = 300;
/// How many are looked at where a filter leaves some out.
const LOOKED_AT: i64 = 2_000;
/// How many of the newest rows with a word tell how common it is.
const PROBE: i64 = 200;
/// What a ticket or a user counts against a comment that fits as well.
const TICKET_WEIGHT: f64 = 1.6;
const USER_WEIGHT: f64 = 1.8;

/// Finds tickets, comments and users. Everybody who may read sees private comments too, as in the
/// ticket itself.
///
/// # Errors
/// `invalid_input`: an empty or too long query, a bad limit, a cursor of another search.
pub fn search(ctx: &mut Ctx<'_>, input: &Search) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let text = check::text("query", &input.query, QUERY_CHARS_MAX)?;
    let query = Query::of(&text);
    let mut filter = Filter { status: input.status.clone(), assignee: input.assignee_id };
    filter.status.sort_unstable();
    filter.status.dedup();
    let kinds = kinds(input);
    let list = format!("search/{:?}/{kinds:?}/{filter:?}", query.terms);
    let place = cursor::unseal(ctx, &list, input.cursor.as_deref())?;

    if index::catch_up(ctx, derived::AT_ONCE)? {
        derived::set(ctx)?;
    }
    let marks = store::marks(ctx.sql)?;
    let place = match place {
        Some(place) => Place::parse(&place).ok_or_else(|| Reject::internal("a sealed cursor"))?,
        None => Place { offset: 0, upto: first(marks, &kinds) },
    };
    if query.terms.is_empty() {
        return Reply::of(&Page::<Hit> { items: Vec::new(), next_cursor: None });
    }
    let weights = weights(ctx, &query, marks)?;
    let search = Lookup { query: &query, weights: &weights, filter: &filter };
    let (mut found, upto) = window(ctx, &search, place.upto)?;
    found.sort_by(|a, b| {
        b.hit.score.total_cmp(&a.hit.score).then(b.at.cmp(&a.at)).then(b.number.cmp(&a.number))
    });

    let total = found.len();
    let offset = usize::try_from(place.offset).unwrap_or(0).min(total);
    let items: Vec<Found> = found.into_iter().skip(offset).take(limit as usize).collect();
    let shown = offset + items.len();
    let next = if shown < total {
        Some(Place { offset: shown as i64, upto: place.upto })
    } else if upto != NOTHING {
        Some(Place { offset: 0, upto })
    } else {
        None
    };
    let items = items.into_iter().map(|found| found.show(ctx, &query));
    Reply::of(&Page {
        items: items.collect::<Result<Vec<Hit>, Reject>>()?,
        next_cursor: next.map(|place| cursor::seal(ctx, &list, &place.text())),
    })
}

/// The kinds that are asked for; a filter on tickets leaves out the users.
fn kinds(input: &Search) -> Vec<HitKind> {
    let mut kinds = input.kind.clone();
    if kinds.is_empty() {
        kinds = vec![HitKind::Ticket, HitKind::Comment, HitKind::User];
    }
    kinds.sort_unstable();
    kinds.dedup();
    if !input.status.is_empty() || input.assignee_id.is_some() {
        kinds.retain(|kind| *kind != HitKind::User);
    }
    kinds
}

/// Up to which row of each kind the search goes on, where it is at its end.
const NOTHING: Marks = Marks {
    comments: Kind::Comments.end(),
    tickets: Kind::Tickets.end(),
    users: Kind::Users.end(),
    imported: 0,
};

fn first(marks: Marks, kinds: &[HitKind]) -> Marks {
    let of = |kind, mark, end| if kinds.contains(&kind) { mark } else { end };
    Marks {
        comments: of(HitKind::Comment, marks.comments, NOTHING.comments),
        tickets: of(HitKind::Ticket, marks.tickets, NOTHING.tickets),
        users: of(HitKind::User, marks.users, NOTHING.users),
        imported: 0,
    }
}

/// Where a page begins: so far into what is ranked together from some rows downwards.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: i64,
    upto: Marks,
}

impl Place {
    fn text(self) -> String {
        let Marks { comments, tickets, users, .. } = self.upto;
        format!("{}.{comments}.{tickets}.{users}", self.offset)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::parse);
        let mut next = || parts.next()?.ok();
        let offset = next()?;
        let (comments, tickets, users) = (next()?, next()?, next()?);
        Some(Self { offset, upto: Marks { comments, tickets, users, imported: 0 } })
    }
}

/// How much each word says: the rarer, the more. One word alone says all there is.
fn weights(ctx: &Ctx<'_>, query: &Query, marks: Marks) -> Result<Vec<f64>, Reject> {
    if query.terms.len() == 1 {
        return Ok(vec![1.0]);
    }
    let imported = marks.imported - Kind::Comments.end();
    let comments = marks.comments + imported;
    let all = (comments + marks.tickets) as f64;
    let mut weights = Vec::with_capacity(query.terms.len());
    for term in &query.terms {
        let expression = format!("\"{}\"", term.folded);
        let newest = store::matches(ctx.sql, Kind::Comments, &expression, marks.comments, PROBE)?;
        let rows = match newest.last() {
            // So many in the newest part of all rows.
            Some(oldest) if newest.len() as i64 == PROBE => {
                let newer = if *oldest < 0 {
                    marks.comments + marks.imported - oldest
                } else {
                    marks.comments - oldest
                };
                let part = (newer + 1) as f64 / comments as f64;
                PROBE as f64 / part
            }
            _ => newest.len() as f64,
        };
        weights.push((1.0 + (all - rows + 0.5).max(0.0) / (rows + 0.5)).ln().max(0.05));
    }
    Ok(weights)
}

/// What a row is measured against.
struct Lookup<'a> {
    query: &'a Query,
    weights: &'a [f64],
    filter: &'a Filter,
}

/// Something found, as far as ranking needs it.
struct Found {
    hit: Hit,
    at: Millis,
    number: i64,
    text: String,
}

impl Lookup<'_> {
    fn found(&self, kind: HitKind, at: Millis, number: i64, text: String) -> Found {
        // About how many words such a text has.
        let (usual, weight) = match kind {
            HitKind::Comment => (60.0, 1.0),
            HitKind::Ticket => (9.0, TICKET_WEIGHT),
            HitKind::User => (6.0, USER_WEIGHT),
        };
        let score = weight * self.query.score(self.weights, &text, usual);
        let score = (score * 1000.0).round() / 1000.0;
        let hit =
            Hit { kind, snippet: String::new(), score, ticket: None, comment: None, user: None };
        Found { hit, at, number, text }
    }

    /// The newest rows of a kind that match, at most as many as are looked at, and the row with
    /// which to go on: the kind's end where there are no more.
    fn newest(&self, ctx: &Ctx<'_>, kind: Kind, upto: i64) -> Result<(Vec<i64>, i64), Reject> {
        if upto == kind.end() {
            return Ok((Vec::new(), upto));
        }
        let most = if self.filter.is_empty() { RANKED } else { LOOKED_AT };
        let rows = store::matches(ctx.sql, kind, &self.query.expression(), upto, most)?;
        let more = rows.len() as i64 == most;
        let rest = rows.last().filter(|_| more).map_or(kind.end(), |last| last - 1);
        Ok((rows, rest))
    }
}

/// Goes on right behind the last row that was taken, where the filter took as many as are ranked.
fn rest(rest: i64, taken: usize, last: Option<i64>) -> i64 {
    match last {
        Some(last) if taken as i64 == RANKED => last - 1,
        _ => rest,
    }
}

/// What is ranked together, and where to go on behind it.
fn window(ctx: &Ctx<'_>, search: &Lookup<'_>, upto: Marks) -> Result<(Vec<Found>, Marks), Reject> {
    let mut found = Vec::new();
    let mut next = NOTHING;

    let (seqs, more) = search.newest(ctx, Kind::Comments, upto.comments)?;
    let taken = store::comments(ctx.sql, &seqs, search.filter, RANKED)?;
    next.comments = rest(more, taken.len(), taken.last().map(|(_, comment, _)| comment.seq));
    for (ticket, comment, text) in taken {
        let one = search.found(HitKind::Comment, comment.created_at, comment.seq, text);
        let hit = Hit { ticket: Some(ticket), comment: Some(comment), ..one.hit };
        found.push(Found { hit, ..one });
    }

    let (numbers, more) = search.newest(ctx, Kind::Tickets, upto.tickets)?;
    let taken = store::tickets(ctx.sql, &numbers, search.filter, RANKED)?;
    next.tickets = rest(more, taken.len(), taken.last().map(|(ticket, _)| ticket.number));
    for (ticket, text) in taken {
        let one = search.found(HitKind::Ticket, ticket.updated_at, ticket.number, text);
        found.push(Found { hit: Hit { ticket: Some(ticket), ..one.hit }, ..one });
    }

    let (numbers, more) = search.newest(ctx, Kind::Users, upto.users)?;
    next.users = more;
    for (number, user, at) in store::users(ctx.sql, &numbers)? {
        let name = user.name.as_deref().unwrap_or_default();
        let company = user.company_name.as_deref().unwrap_or_default();
        let email = user.email.as_deref().unwrap_or_default();
        let text = format!("{name} <{email}> {company}");
        let one = search.found(HitKind::User, at, number, text);
        found.push(Found { hit: Hit { user: Some(user), ..one.hit }, ..one });
    }
    Ok((found, next))
}

impl Found {
    fn show(self, ctx: &Ctx<'_>, query: &Query) -> Result<Hit, Reject> {
        let mut marked = snippet::of(query, &self.text);
        if marked.is_none() && self.hit.kind == HitKind::Comment {
            // Further back in the text than was read for ranking.
            let place = (self.number, self.number);
            let whole = store::texts_of(ctx.sql, Kind::Comments, place, 1)?.pop();
            marked = whole.and_then(|(_, text)| snippet::of(query, &text));
        }
        let snippet = marked.unwrap_or_else(|| snippet::head(&self.text));
        Ok(Hit { snippet, ..self.hit })
    }
}
