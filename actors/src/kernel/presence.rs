//! Who is connected, what each sees, and to whom what a turn has to tell is addressed.
//!
//! It is a cache: all that must outlast the object's sleep is in the sockets' attachments, and it
//! is made of them again when the object wakes.

use super::context::Ear;
use super::replay::REPLAY_BYTES_MAX;
use super::sight::{Lens, Strip};
use super::turn::Turn;
use litemap::LiteMap;
use schema::frame::{AtTicket, Codec, Seat};
use schema::ids::{AgentId, ConnectionId, TicketId};
use schema::sort::SortSmall;
use schema::{Caller, Millis, Role};
use std::collections::BTreeMap;

/// How many frames a connection may send in a second.
pub const FRAMES_PER_SECOND_MAX: u32 = 200;
/// How many of those may be about what its agent looks at and types; the rest are passed over.
pub const SIGNS_PER_SECOND_MAX: u32 = 5;
/// How many bytes may be under way to a connection that does not say that it reads them.
pub const UNREAD_BYTES_MAX: usize = 1024 * 1024;

/// How many bytes of replays may be under way to all connections: memory holds them until they are
/// read. Who comes when there are more comes back a little later.
pub const REPLAYS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// And how many of them to the connections of one agent, so that nobody keeps out the others: the
/// longest that there is, with what its frames take beside its events.
pub const REPLAYS_OF_AGENT_BYTES_MAX: usize = REPLAY_BYTES_MAX + REPLAY_BYTES_MAX / 8;
/// How many bytes a replay may always have, however many others are under way.
pub const REPLAY_BYTES_FREE: usize = 16 * 1024;
/// After how long a replay is taken to have been read, where its client does not say so.
pub const REPLAY_TAKES_MS: Millis = 60_000;

/// How many bytes of replays are under way.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    all: usize,
    own: LiteMap<AgentId, usize>,
}

impl UnderWay {
    /// How many bytes another replay may have.
    pub(super) fn room(&self, agent: Option<AgentId>) -> usize {
        let own = agent.and_then(|agent| self.own.get(&agent)).copied().unwrap_or_default();
        REPLAYS_BYTES_MAX
            .saturating_sub(self.all)
            .min(REPLAYS_OF_AGENT_BYTES_MAX.saturating_sub(own))
            .max(REPLAY_BYTES_FREE)
    }
}

/// Who is connected.
#[derive(Debug, Default)]
pub struct Presence {
    held: BTreeMap<ConnectionId, Held>,
    /// Every lens in use; numbers are not used again.
    lenses: LiteMap<u32, Lens>,
    lens_last: u32,
    /// Those that were answered more than they read.
    late: LiteMap<ConnectionId, ()>,
}

#[derive(Debug)]
struct Held {
    seat: Seat,
    lens: u32,
    second: Millis,
    frames: u32,
    signs: u32,
    unread: Unread,
    replay: Replayed,
}

/// What a connection was given when it came in.
#[derive(Debug, Default)]
pub(super) struct Replayed {
    /// How many bytes, until it says that it has read them.
    pub bytes: usize,
    /// The number of the last event then.
    pub up_to: i64,
    /// When.
    pub at: Millis,
}

impl Held {
    fn is_late(&self) -> bool {
        self.unread.older + self.unread.newer > UNREAD_BYTES_MAX && !self.seat.waits
    }
}

/// What is under way to a connection: the bytes up to a number, and those after it.
#[derive(Debug, Default)]
struct Unread {
    older: usize,
    up_to: i64,
    newer: usize,
    last: i64,
}

/// A connection that sees otherwise from some event of a turn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The connection.
    pub connection: ConnectionId,
    /// Its lens before.
    pub from: u32,
    /// How many of the turn's events it sees through that.
    pub at: usize,
}

/// Frames for some connections.
#[derive(Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Their coding.
    pub codec: Codec,
    /// Which; none where it is for all of that coding.
    pub to: Option<Vec<ConnectionId>>,
    /// The frames, as JSON text.
    pub frames: Vec<Vec<u8>>,
}

impl Presence {
    /// Notes a connection.
    pub fn add(&mut self, seat: &Seat) {
        let lens = self.lens(Lens::new(&seat.principal, &seat.views));
        let seat = seat.clone();
        let (second, frames, signs) = (0, 0, 0);
        let (unread, replay) = (Unread::default(), Replayed::default());
        let held = Held { lens, second, frames, signs, unread, replay, seat };
        self.held.insert(held.seat.connection, held);
    }

    /// Forgets a connection; gives what was known of it.
    pub fn remove(&mut self, connection: ConnectionId) -> Option<Seat> {
        let held = self.held.remove(&connection)?;
        Some(held.seat)
    }

    /// What is known of a connection.
    #[must_use]
    pub fn seat(&self, connection: ConnectionId) -> Option<&Seat> {
        self.held.get(&connection).map(|held| &held.seat)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nobody is connected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The agents that are connected.
    #[must_use]
    pub fn online(&self) -> Vec<AgentId> {
        let stays = self.held.values().filter(|held| !held.seat.waits);
        let mut agents: Vec<_> = stays.filter_map(|held| held.seat.principal.agent()).collect();
        agents.sort_small();
        agents.dedup();
        agents
    }

    /// How many connections each agent has, and how many requests of theirs wait.
    #[must_use]
    pub fn counts(&self) -> LiteMap<AgentId, (usize, usize)> {
        let mut counts: LiteMap<AgentId, (usize, usize)> = LiteMap::new();
        for Held { seat, .. } in self.held.values() {
            let Some(agent) = seat.principal.agent() else { continue };
            let (stay, wait) = counts.entry(agent).or_default();
            *if seat.waits { wait } else { stay } += 1;
        }
        counts
    }

    /// Who looks at which ticket, as of now; each once.
    #[must_use]
    pub fn viewers(&self, now: Millis) -> Vec<AtTicket> {
        let mut found: LiteMap<(AgentId, TicketId), Millis> = LiteMap::new();
        for Held { seat, .. } in self.held.values() {
            let viewing = seat.viewing.filter(|viewing| viewing.until > now);
            if let (Some(agent), Some(viewing)) = (seat.principal.agent(), viewing) {
                let until = found.entry((agent, viewing.ticket_id)).or_default();
                *until = viewing.until.max(*until);
            }
        }
        let viewers = found.into_iter();
        viewers
            .map(|((agent_id, ticket_id), until)| AtTicket { agent_id, ticket_id, until })
            .collect()
    }

    /// Every lens in use, by number.
    pub(crate) fn lenses(&self) -> impl Iterator<Item = (u32, &Lens)> + Clone {
        self.lenses.iter().map(|(id, lens)| (*id, lens))
    }

    fn lens(&mut self, lens: Lens) -> u32 {
        if let Some((id, _)) = self.lenses.iter().find(|(_, known)| **known == lens) {
            return *id;
        }
        self.lens_last += 1;
        self.lenses.insert(self.lens_last, lens);
        self.lens_last
    }

    /// Sees to it that events are also judged as an agent will see them in another role.
    pub(super) fn expect(&mut self, agent: AgentId, role: Role) {
        let own = self.held.values().filter(|held| held.seat.principal.agent() == Some(agent));
        let views: Vec<_> = own.map(|held| held.seat.views.clone()).collect();
        for views in views {
            self.lens(Lens { role: Some(role), views });
        }
    }

    /// Gives an agent's connections another role.
    pub(super) fn regrade(&mut self, agent: AgentId, role: Role) -> Vec<(Seat, u32)> {
        let own = |held: &&Held| held.seat.principal.agent() == Some(agent);
        let seats: Vec<Seat> =
            self.held.values().filter(own).map(|held| held.seat.clone()).collect();
        let graded = seats.into_iter().filter_map(|mut seat| {
            if let Caller::Agent { role: now, .. } = &mut seat.principal.caller {
                *now = role;
            }
            let from = self.reseat(&seat)?;
            Some((seat, from))
        });
        graded.collect()
    }

    /// Changes what is known of a connection; gives the lens that it had.
    pub(super) fn reseat(&mut self, seat: &Seat) -> Option<u32> {
        let lens = self.lens(Lens::new(&seat.principal, &seat.views));
        let held = self.held.get_mut(&seat.connection)?;
        held.seat = seat.clone();
        Some(std::mem::replace(&mut held.lens, lens))
    }

    /// Counts a frame; false where the connection sends too fast.
    pub(super) fn admit(&mut self, connection: ConnectionId, now: Millis) -> bool {
        let Some(held) = self.held.get_mut(&connection) else { return true };
        if held.second != now / 1000 {
            held.second = now / 1000;
            (held.frames, held.signs) = (0, 0);
        }
        held.frames += 1;
        held.frames <= FRAMES_PER_SECOND_MAX
    }

    /// Counts a sign of what an agent looks at or types; false where it is one too many.
    pub(super) fn admit_sign(&mut self, connection: ConnectionId) -> bool {
        let Some(held) = self.held.get_mut(&connection) else { return true };
        held.signs += 1;
        held.signs <= SIGNS_PER_SECOND_MAX
    }

    /// The replays that are under way.
    #[must_use]
    pub(super) fn replays(&self, now: Millis) -> UnderWay {
        let mut under_way = UnderWay::default();
        for held in self.held.values().filter(|held| now < held.replay.at + REPLAY_TAKES_MS) {
            under_way.all += held.replay.bytes;
            if let Some(agent) = held.seat.principal.agent() {
                *under_way.own.entry(agent).or_default() += held.replay.bytes;
            }
        }
        under_way
    }

    /// Notes what a connection was given when it came in.
    pub(super) fn replayed(&mut self, connection: ConnectionId, replay: Replayed) {
        if let Some(held) = self.held.get_mut(&connection) {
            held.replay = replay;
        }
    }

    /// Counts what a connection is answered.
    pub(super) fn replied(&mut self, connection: ConnectionId, bytes: usize) {
        let Some(held) = self.held.get_mut(&connection) else { return };
        held.unread.newer += bytes;
        if held.is_late() {
            self.late.insert(connection, ());
        }
    }

    /// A connection has read everything up to a number.
    pub(super) fn seen(&mut self, connection: ConnectionId, seq: i64) {
        let Some(held) = self.held.get_mut(&connection) else { return };
        if seq >= held.replay.up_to {
            held.replay.bytes = 0;
        }
        let unread = &mut held.unread;
        if seq >= unread.last {
            (unread.older, unread.newer) = (0, 0);
        } else if seq >= unread.up_to {
            (unread.older, unread.newer, unread.up_to) = (unread.newer, 0, unread.last);
        }
    }

    /// Addresses what a turn tells. Connections that have too much unread get none of it: they are
    /// named, to be closed, and come back by number.
    pub fn address(&mut self, turn: &Turn) -> (Vec<Parcel>, Vec<ConnectionId>) {
        self.forget_lenses();
        let mut late = std::mem::take(&mut self.late);
        if turn.events.is_empty() && turn.casts.is_empty() {
            return (Vec::new(), late.into_iter().map(|(connection, ())| connection).collect());
        }
        let mut letters = Letters { turn, texts: Vec::new(), known: LiteMap::new() };
        let mut groups: LiteMap<(bool, usize), Vec<ConnectionId>> = LiteMap::new();
        let mut counts = [0, 0];
        let last = turn.first + turn.events.len() as i64 - 1;
        for (connection, held) in &mut self.held {
            let text = letters.text(&held.seat, held.lens, &self.lenses);
            let bytes = letters.texts[text].iter().map(Vec::len).sum::<usize>();
            let packed = held.seat.codec == Codec::Msgpack;
            counts[usize::from(packed)] += 1;
            let unread = &mut held.unread;
            unread.newer += bytes;
            unread.last = unread.last.max(last);
            if held.is_late() {
                late.insert(*connection, ());
            } else if bytes > 0 {
                groups.entry((packed, text)).or_default().push(*connection);
            }
        }
        let mut parcels = Vec::with_capacity(groups.len());
        for ((packed, text), to) in groups {
            let codec = if packed { Codec::Msgpack } else { Codec::Json };
            let all = to.len() == counts[usize::from(packed)];
            let frames = letters.texts[text].clone();
            parcels.push(Parcel { codec, to: Some(to).filter(|_| !all), frames });
        }
        (parcels, late.into_iter().map(|(connection, ())| connection).collect())
    }

    fn forget_lenses(&mut self) {
        if self.lenses.len() > self.held.len() {
            let used: Vec<u32> = self.held.values().map(|held| held.lens).collect();
            self.lenses.retain(|id, _| used.contains(id));
        }
    }
}

/// What a turn tells, as each lens shows it.
struct Letters<'a> {
    turn: &'a Turn,
    texts: Vec<Vec<Vec<u8>>>,
    /// By lens, and by agent where something is for them alone.
    known: LiteMap<(u32, Option<AgentId>), usize>,
}

impl Letters<'_> {
    /// The number of the text for a connection.
    fn text(&mut self, seat: &Seat, lens: u32, lenses: &LiteMap<u32, Lens>) -> usize {
        let casts = &self.turn.casts;
        let agent = seat.principal.agent();
        let alone = agent.filter(|agent| casts.iter().any(|cast| cast.to == Ear::Agent(*agent)));
        let moves = self.turn.moves.iter().filter(|moved| moved.connection == seat.connection);
        let moved = moves.clone().next().is_some();
        if !moved && let Some(known) = self.known.get(&(lens, alone)) {
            return *known;
        }
        let mut strip = Strip::default();
        for (index, event) in self.turn.events.iter().enumerate() {
            let before = moves.clone().find(|moved| index < moved.at);
            let through = before.map_or(lens, |moved| moved.from);
            if let Some(shown) = self.turn.shows(through, index) {
                strip.push(self.turn.first + index as i64, event, shown);
            }
        }
        let mut frames: Vec<Vec<u8>> = strip.take_frame().into_iter().collect();
        let hears = |to: &Ear| match to {
            Ear::All => true,
            Ear::Ticket(ticket) => lenses.get(&lens).is_some_and(|it| it.shows_ticket(*ticket)),
            Ear::Agent(to) => agent == Some(*to),
        };
        frames.extend(casts.iter().filter(|cast| hears(&cast.to)).map(|cast| cast.json.clone()));
        let number = self.texts.iter().position(|known| *known == frames).unwrap_or_else(|| {
            self.texts.push(frames);
            self.texts.len() - 1
        });
        if !moved {
            self.known.insert((lens, alone), number);
        }
        number
    }
}
