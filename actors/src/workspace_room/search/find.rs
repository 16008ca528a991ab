//! The `search` command.

use super::query::Query;
use super::store::{self, Filter, Kind, Marks};
use super::{index, slices, snippet};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::{cursor, derived};
use schema::page::{self, Page};
use schema::room::search::{Hit, HitKind, QUERY_CHARS_MAX, Search};
use schema::{Millis, Permission, Reject, check};

/// How many rows of each kind are ranked together.
const RANKED: i64 = 200;
/// How many are looked at where a filter leaves some out.
const LOOKED_AT: i64 = 1_000;
/// How many of the newest rows with a word tell how common it is.
const PROBE: i64 = 200;
/// How many entries of the words' lists a search for several words goes through, about.
const ENTRIES: f64 = 200_000.0;
/// How many entries of a list are gone through, at most, to come to a certain row.
const ENTRIES_OF_A_SKIP: f64 = 2_000.0;
/// How many of the newest rows tell how common a long beginning is among those that are listed.
const TRIED: i64 = 64;
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
        None => {
            let loosely = is_common(ctx, &query, marks)?;
            Place { offset: 0, upto: first(marks, &kinds), loosely }
        }
    };
    if query.terms.is_empty() {
        return Reply::of(&Page::<Hit> { items: Vec::new(), next_cursor: None });
    }
    let (weights, slices) = weights(ctx, &query, marks)?;
    let loosely = place.loosely;
    let search =
        Lookup { query: &query, weights: &weights, filter: &filter, loosely, marks, slices };
    let (mut found, upto) = window(ctx, &search, place.upto)?;
    found.sort_by(|a, b| {
        b.hit.score.total_cmp(&a.hit.score).then(b.at.cmp(&a.at)).then(b.number.cmp(&a.number))
    });

    let total = found.len();
    let offset = usize::try_from(place.offset).unwrap_or(0).min(total);
    let items: Vec<Found> = found.into_iter().skip(offset).take(limit as usize).collect();
    let shown = offset + items.len();
    let next = if shown < total {
        Some(Place { offset: shown as i64, ..place })
    } else if upto != NOTHING {
        Some(Place { offset: 0, upto, loosely })
    } else {
        None
    };
    let items = items.into_iter().map(|found| found.show(ctx, &search));
    let items = items.collect::<Result<Vec<Option<Hit>>, Reject>>()?;
    Reply::of(&Page {
        items: items.into_iter().flatten().collect(),
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
    /// Whether the index is asked for less than the whole of a long beginning.
    loosely: bool,
}

impl Place {
    fn text(self) -> String {
        let Marks { comments, tickets, users, .. } = self.upto;
        let loosely = i64::from(self.loosely);
        format!("{}.{comments}.{tickets}.{users}.{loosely}", self.offset)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::parse);
        let mut next = || parts.next()?.ok();
        let offset = next()?;
        let (comments, tickets, users) = (next()?, next()?, next()?);
        let upto = Marks { comments, tickets, users, imported: 0 };
        Some(Self { offset, upto, loosely: next()? == 1 })
    }
}

/// Whether a long beginning of words is so common that the index is to be asked for less of it.
///
/// It has no list of the rows with such a beginning and would gather one of all there are, at every
/// page: of a common one that takes longer than to leave some rows out of the list of the shorter
/// beginning.
fn is_common(ctx: &Ctx<'_>, query: &Query, marks: Marks) -> Result<bool, Reject> {
    let Some(term) = query.long_beginning() else { return Ok(false) };
    let alone = Query { terms: vec![term.clone()] };
    let listed = alone.expression(true);
    let newest = store::matches(ctx.sql, Kind::Comments, &listed, marks.comments, TRIED)?;
    let texts = store::comments(ctx.sql, &newest, &Filter::default(), TRIED)?;
    let fitting = texts.iter().filter(|(_, _, text)| alone.is_in(text)).count() as i64;
    Ok(newest.len() as i64 == TRIED && fitting * 4 >= TRIED)
}

/// How much each word says: the rarer, the more; one word alone says all there is. And how many
/// slices of the comments are searched at once: with common words only a few.
fn weights(ctx: &Ctx<'_>, query: &Query, marks: Marks) -> Result<(Vec<f64>, i64), Reject> {
    if query.terms.len() == 1 {
        return Ok((vec![1.0], ALL));
    }
    let imported = marks.imported - Kind::Comments.end();
    let comments = marks.comments + imported;
    let all = (comments + marks.tickets) as f64;
    let mut weights = Vec::with_capacity(query.terms.len());
    let mut parts = Vec::with_capacity(query.terms.len());
    for term in &query.terms {
        let expression = term.expression(true);
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
        parts.push(rows / all.max(1.0));
    }
    let rarest = parts.iter().copied().fold(1.0, f64::min);
    let of_a_row: f64 = parts.iter().map(|part| part.min(rarest * ENTRIES_OF_A_SKIP)).sum();
    let slices = ENTRIES / of_a_row / slices::ROWS as f64;
    Ok((weights, (slices as i64).clamp(1, ALL)))
}

/// More slices than there are.
const ALL: i64 = 1 << 24;

/// What a row is measured against.
struct Lookup<'a> {
    query: &'a Query,
    weights: &'a [f64],
    filter: &'a Filter,
    loosely: bool,
    marks: Marks,
    slices: i64,
}

/// Something found, as far as ranking needs it.
struct Found {
    hit: Hit,
    at: Millis,
    number: i64,
    text: String,
}

impl Lookup<'_> {
    /// None where the index was asked for less and the text has not all of it. Of a long text only
    /// the beginning is here: the rest is looked at when it is shown.
    fn found(&self, kind: HitKind, at: Millis, number: i64, text: String) -> Option<Found> {
        let cut = kind == HitKind::Comment && text.chars().nth(store::READ_CHARS - 1).is_some();
        if self.loosely && !cut && !self.query.is_in(&text) {
            return None;
        }
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
        Some(Found { hit, at, number, text })
    }

    /// The newest rows of a kind that match, at most as many as are looked at, and the row with
    /// which to go on: the kind's end where there are no more.
    fn newest(&self, ctx: &Ctx<'_>, kind: Kind, upto: i64) -> Result<(Vec<i64>, i64), Reject> {
        if upto == kind.end() {
            return Ok((Vec::new(), upto));
        }
        let most = if self.filter.is_empty() { RANKED } else { LOOKED_AT };
        let mut expression = self.query.expression(self.loosely);
        let mut rest = kind.end();
        if kind == Kind::Comments && self.slices < slices::count(self.marks) {
            let (within, behind) = slices::down_from(upto, self.slices, self.marks);
            expression = format!("{within} AND ({expression})");
            rest = behind;
        }
        let rows = store::matches(ctx.sql, kind, &expression, upto, most)?;
        let more = rows.len() as i64 == most;
        let rest = rows.last().filter(|_| more).map_or(rest, |last| last - 1);
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
        found.extend(one.map(|one| {
            let hit = Hit { ticket: Some(ticket), comment: Some(comment), ..one.hit };
            Found { hit, ..one }
        }));
    }

    let (numbers, more) = search.newest(ctx, Kind::Tickets, upto.tickets)?;
    let taken = store::tickets(ctx.sql, &numbers, search.filter, RANKED)?;
    next.tickets = rest(more, taken.len(), taken.last().map(|(ticket, _)| ticket.number));
    for (ticket, text) in taken {
        let one = search.found(HitKind::Ticket, ticket.updated_at, ticket.number, text);
        let full = |one: Found| Found { hit: Hit { ticket: Some(ticket), ..one.hit }, ..one };
        found.extend(one.map(full));
    }

    let (numbers, more) = search.newest(ctx, Kind::Users, upto.users)?;
    next.users = more;
    for (number, user, at) in store::users(ctx.sql, &numbers)? {
        let name = user.name.as_deref().unwrap_or_default();
        let company = user.company_name.as_deref().unwrap_or_default();
        let email = user.email.as_deref().unwrap_or_default();
        let text = format!("{name} <{email}> {company}");
        let one = search.found(HitKind::User, at, number, text);
        let full = |one: Found| Found { hit: Hit { user: Some(user), ..one.hit }, ..one };
        found.extend(one.map(full));
    }
    Ok((found, next))
}

impl Found {
    /// None where the whole text has not what is looked for, although the index said so loosely.
    fn show(self, ctx: &Ctx<'_>, search: &Lookup<'_>) -> Result<Option<Hit>, Reject> {
        let query = search.query;
        let mut marked = snippet::of(query, &self.text);
        let missing = marked.is_none() || (search.loosely && !query.is_in(&self.text));
        if missing && self.hit.kind == HitKind::Comment {
            // Further back in the text than was read for ranking.
            let place = (self.number, self.number);
            let whole = store::texts_of(ctx.sql, Kind::Comments, place, 1)?.pop();
            let whole = whole.map(|(_, text)| text).unwrap_or_default();
            if search.loosely && !query.is_in(&whole) {
                return Ok(None);
            }
            marked = snippet::of(query, &whole);
        }
        let snippet = marked.unwrap_or_else(|| snippet::head(&self.text));
        Ok(Some(Hit { snippet, ..self.hit }))
    }
}
