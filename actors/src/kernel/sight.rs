//! What a connection sees of the event log.
//!
//! A [`Lens`] is a role and views; connections that are alike share one. An event that a lens does
//! not show still has its number: a run of them is told as one advance, so that a client knows that
//! it has missed nothing, and learns nothing else.

use super::actor::Actor;
use super::context::Ctx;
use super::replay::REPLAY_FRAME_MAX;
use litemap::LiteMap;
use schema::codec::read_json;
use schema::frame::ServerFrame;
use schema::ids::TicketId;
use schema::view::{Place, View};
use schema::{Caller, Permission, Principal, Reject, Role};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a connection may see and wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// The role of its agent; none for who has no role, and sees nothing.
    pub role: Option<Role>,
    /// What it wants to see; nothing here is everything.
    pub views: Vec<View>,
}

/// What an event says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Heading {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
}

impl Heading {
    pub(super) fn of(event: &str) -> Result<Self, Reject> {
        read_json(event.as_bytes())
            .map_err(|error| Reject::internal(format!("event: {}", error.message)))
    }
}

impl Lens {
    /// The lens of somebody.
    #[must_use]
    pub fn new(principal: &Principal, views: &[View]) -> Self {
        let role = match principal.caller {
            Caller::Agent { role, .. } | Caller::Key { role, .. } => Some(role),
            _ => None,
        };
        Self { role, views: views.to_vec() }
    }

    /// Whether it needs to know where tickets stand.
    #[must_use]
    pub fn by_place(&self) -> bool {
        self.views.iter().any(View::by_place)
    }

    /// Whether it may show what is told of a ticket beside the log.
    #[must_use]
    pub fn shows_ticket(&self, ticket: TicketId) -> bool {
        self.views.is_empty() || self.views.iter().any(|view| view.wants_ticket(ticket))
    }

    fn shows(&self, needs: Option<Permission>, event: &Heading, places: &[Place]) -> bool {
        // What nobody has decided on is for owners.
        let needs = needs.unwrap_or(Permission::Own);
        self.role.is_some_and(|role| role.may(needs))
            && (self.views.is_empty()
                || self.views.iter().any(|view| view.wants(&event.kind, event.ticket_id, places)))
    }
}

/// Which of some events each lens shows, by the number of the lens.
pub(super) fn judge<'a, A: Actor>(
    ctx: &Ctx<'_>,
    lenses: impl Iterator<Item = (u32, &'a Lens)> + Clone,
    events: &[Box<RawValue>],
) -> Result<LiteMap<u32, Vec<bool>>, Reject> {
    let mut seen: LiteMap<u32, Vec<bool>> = LiteMap::new();
    let by_place = lenses.clone().any(|(_, lens)| lens.by_place());
    let mut now = LiteMap::new();
    for event in events {
        let heading = Heading::of(event.get())?;
        let needs = A::audience(&heading.kind);
        let places = match heading.ticket_id.filter(|_| by_place) {
            Some(ticket) => places::<A>(ctx, &mut now, ticket, event)?,
            None => Vec::new(),
        };
        for (id, lens) in lenses.clone() {
            seen.entry(id).or_default().push(lens.shows(needs, &heading, &places));
        }
    }
    Ok(seen)
}

/// Where the ticket of an event stands now, and where it stood by the event itself.
fn places<A: Actor>(
    ctx: &Ctx<'_>,
    now: &mut LiteMap<TicketId, Option<Place>>,
    ticket: TicketId,
    event: &RawValue,
) -> Result<Vec<Place>, Reject> {
    let place = match now.get(&ticket) {
        Some(place) => *place,
        None => {
            let place = A::place(ctx, ticket)?;
            now.insert(ticket, place);
            place
        }
    };
    let mut places = A::places_told(event);
    places.extend(place);
    Ok(places)
}

/// Events on their way to a connection, with advances for those that it does not see.
#[derive(Debug, Default)]
pub(super) struct Strip {
    items: Vec<Box<RawValue>>,
    /// The first and last number of a run that is not shown.
    hidden: Option<(i64, i64)>,
    /// How many events are in it.
    pub shown: usize,
    /// The bytes of those.
    pub bytes: usize,
}

impl Strip {
    /// Adds the event of a number, or only its number.
    pub fn push(&mut self, seq: i64, event: &RawValue, shown: bool) {
        if !shown {
            self.hidden = Some((self.hidden.map_or(seq, |(from, _)| from), seq));
            return;
        }
        self.advance();
        self.shown += 1;
        self.bytes += event.get().len();
        self.items.push(event.to_owned());
    }

    fn advance(&mut self) {
        let Some((from, seq)) = self.hidden.take() else { return };
        let text = format!(r#"{{"type":"advance","from":{from},"seq":{seq}}}"#);
        // Text of ours; it is JSON.
        self.items.extend(RawValue::from_string(text));
    }

    /// Whether there is enough for a frame of a replay.
    pub fn is_long(&self) -> bool {
        self.items.len() as i64 >= REPLAY_FRAME_MAX
    }

    /// The frame with all of it, as JSON text; nothing where there is nothing.
    pub fn take_frame(&mut self) -> Option<Vec<u8>> {
        self.advance();
        let items = std::mem::take(&mut self.items);
        let frame = ServerFrame::Events { events: &items };
        Some(items.is_empty())
            .filter(|empty| !empty)
            .map(|_| serde_json::to_vec(&frame).unwrap_or_default())
    }
}
