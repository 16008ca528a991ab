//! The `search` command.

use super::cost::Cost;
use super::lookup::{Found, Lookup, NOTHING};
use super::pending::Pending;
use super::query::Query;
use super::store::{self, Filter, Kind, Marks, TICKETS};
use super::{index, snippet};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::{cursor, derived};
use schema::page::{self, Page};
use schema::room::search::{Hit, HitKind, QUERY_CHARS_MAX, Search};
use schema::sort::SortSmall;
use schema::{Permission, Reject, check};

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
    filter.status.sort_small();
    filter.status.dedup();
    let kinds = kinds(input);
    let list = format!("search/{:?}/{kinds:?}/{filter:?}", query.terms);
    let place = cursor::unseal(ctx, &list, input.cursor.as_deref())?;
    let place = place.map(|place| Place::parse(&place).ok_or_else(cursor::foreign)).transpose()?;
    if query.terms.is_empty() {
        return Reply::of(&Page::<Hit> { items: Vec::new(), next_cursor: None });
    }

    let pending = pending(ctx, &query)?;
    let marks = store::marks(ctx.sql)?;
    let place = match place {
        Some(place) => place,
        None => Place {
            offset: 0,
            upto: first(pending.last(marks), &kinds),
            cost: Cost::of(ctx, &query, marks)?,
        },
    };
    let search = Lookup { query: &query, cost: &place.cost, filter: &filter, marks, pending };
    let (mut found, upto) = search.window(ctx, place.upto)?;
    found.sort_small_by(|a, b| {
        b.hit.score.total_cmp(&a.hit.score).then(b.at.cmp(&a.at)).then(b.number.cmp(&a.number))
    });

    let total = found.len();
    let offset = usize::try_from(place.offset).unwrap_or(0).min(total);
    let items: Vec<Found> = found.into_iter().skip(offset).take(limit as usize).collect();
    let shown = offset + items.len();
    let next = if shown < total {
        Some((shown, place.upto))
    } else {
        Some((0, upto)).filter(|_| upto != NOTHING)
    };
    let next = next.map(|(offset, upto)| {
        let place = Place { offset: offset as i64, upto, cost: place.cost.clone() };
        cursor::seal(ctx, &list, &place.text())
    });
    let items = items.into_iter().map(|found| found.show(ctx, &search));
    let items = items.collect::<Result<Vec<Option<Hit>>, Reject>>()?;
    Reply::of(&Page { items: items.into_iter().flatten().collect(), next_cursor: next })
}

/// What is not in the index yet. Where that is much, the index takes it in first, as far as one
/// step goes.
fn pending(ctx: &mut Ctx<'_>, query: &Query) -> Result<Pending, Reject> {
    let marks = store::marks(ctx.sql)?;
    if let Some(pending) = Pending::find(ctx, marks, query)? {
        if pending.is_stale() {
            // Texts that are no more should not stay in the index of a quiet room.
            derived::set(ctx)?;
        }
        return Ok(pending);
    }
    if index::catch_up(ctx, derived::AT_ONCE)? {
        derived::set(ctx)?;
    }
    Ok(Pending::default())
}

/// The kinds that are asked for; a filter on tickets leaves out the users.
fn kinds(input: &Search) -> Vec<HitKind> {
    let mut kinds = input.kind.clone();
    if kinds.is_empty() {
        kinds = vec![HitKind::Ticket, HitKind::Comment, HitKind::User];
    }
    kinds.sort_small();
    kinds.dedup();
    if !input.status.is_empty() || input.assignee_id.is_some() {
        kinds.retain(|kind| *kind != HitKind::User);
    }
    kinds
}

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
struct Place {
    offset: i64,
    upto: Marks,
    cost: Cost,
}

impl Place {
    fn text(&self) -> String {
        let Marks { comments, tickets, users, .. } = self.upto;
        let Cost { loosely, slices, weights } = &self.cost;
        let loosely = i64::from(*loosely);
        let place = format!("{}.{comments}.{tickets}.{users}.{loosely}.{slices}", self.offset);
        weights.iter().fold(place, |place, weight| format!("{place}.{weight}"))
    }

    /// None where no search has come to such a place.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<i64>().ok());
        let mut next = || parts.next()?;
        let offset = next()?;
        let (comments, tickets, users) = (next()?, next()?, next()?);
        let (loosely, slices) = (next()? == 1, next()?);
        let weights = parts.collect::<Option<Vec<i64>>>()?;
        let is_one = slices > 0
            && (NOTHING.comments..TICKETS).contains(&comments)
            && [tickets, users].iter().all(|number| (0..TICKETS).contains(number));
        let upto = Marks { comments, tickets, users, imported: 0 };
        let cost = Cost { loosely, slices, weights };
        is_one.then_some(Self { offset, upto, cost })
    }
}

impl Found {
    /// None where the whole text has not what is looked for, although the index said so loosely.
    fn show(self, ctx: &Ctx<'_>, search: &Lookup<'_>) -> Result<Option<Hit>, Reject> {
        let query = search.query;
        let mut marked = snippet::of(query, &self.text);
        let missing = marked.is_none() || (search.cost.loosely && !query.is_in(&self.text));
        if missing && self.hit.kind == HitKind::Comment {
            // Further back in the text than was read for ranking.
            let place = (self.number, self.number);
            let whole = store::texts_of(ctx.sql, Kind::Comments, place, 1)?.pop();
            let whole = whole.map(|(_, text)| text).unwrap_or_default();
            if search.cost.loosely && !query.is_in(&whole) {
                return Ok(None);
            }
            marked = snippet::of(query, &whole);
        }
        let snippet = marked.unwrap_or_else(|| snippet::head(&self.text));
        Ok(Some(Hit { snippet, ..self.hit }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_one_that_no_search_comes_to_is_none() {
        for text in ["0.9.9.9.0.16777216.100", "20.-2147483648.0.7.1.3.40.250"] {
            assert_eq!(Place::parse(text).map(|place| place.text()).as_deref(), Some(text));
        }
        for text in [
            "0.9.9.9.0.0.100",
            "0.9.9.9.0.-1.100",
            "0.-2147483649.9.9.0.3.100",
            "0.9007199254740991.9.9.0.3.100",
            "0.9.9223372036854775807.9.0.3.100",
            "0.9.9.9223372036854775807.0.3.100",
            "0.9.-1.9.0.3.100",
            "0.9.9.9.0",
            "0.9.9.9.0.3.x",
            "",
        ] {
            assert!(Place::parse(text).is_none(), "{text}");
        }
    }
}
