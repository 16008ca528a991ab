//! What a client says that is no command: what its agent looks at and types, what it wants to see.
//!
//! None of it is in the log. What must outlast the object's sleep is attached to the socket.

use super::actor::Actor;
use super::context::{Ctx, Ear, Told};
use super::engine::{Engine, World};
use super::sockets::{Heard, check_length, tell};
use super::sql::Home;
use super::turn::Turn;
use schema::frame::{Seat, ServerFrame, Viewing};
use schema::ids::{AgentId, TicketId};
use schema::view::{self, View};
use schema::{Code, Millis, Permission, Reject};

/// For how long it is taken that an agent looks at a ticket, unless it is said again.
pub const VIEWING_MS: Millis = 5 * 60 * 1000;
/// For how long it is taken that an agent types, unless it is said again.
pub const TYPING_MS: Millis = 10_000;

impl<A: Actor> Engine<A> {
    /// Tells that an agent no longer looks at a ticket, unless another connection of theirs does.
    pub(super) fn look_away(&self, agent_id: AgentId, ticket_id: TicketId, turn: &mut Turn) {
        let mut others = self.presence.viewers(0).into_iter();
        if !others.any(|other| (other.agent_id, other.ticket_id) == (agent_id, ticket_id)) {
            let frame = ServerFrame::Viewing { agent_id, ticket_id, viewing: false, until: None };
            tell(turn, Ear::Ticket(ticket_id), &frame);
        }
    }

    /// A step in which the sender of a frame is asked for a permission.
    fn asked<T>(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        seat: &Seat,
        permission: Permission,
        body: &mut dyn FnMut(&mut Ctx<'_>) -> Result<T, Reject>,
    ) -> Result<(T, Told), Reject> {
        let envelope = Some((seat.instance.as_str(), &seat.principal));
        self.step(home, world, envelope, &mut |ctx| {
            A::authorise(ctx, permission)?;
            body(ctx)
        })
    }

    pub(super) fn type_at(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        seat: &Seat,
        (ticket_id, typing): (TicketId, bool),
        turn: &mut Turn,
    ) -> Result<Heard, Reject> {
        let agent_id = agent_of(seat)?;
        if !self.presence.admit_sign(seat.connection) {
            return Ok(Heard::default());
        }
        let (_, told) = self.asked(home, world, seat, Permission::Work, &mut |ctx| {
            let until = Some(ctx.now + TYPING_MS).filter(|_| typing);
            let frame = ServerFrame::Typing { agent_id, ticket_id, typing, until };
            ctx.cast(Ear::Ticket(ticket_id), &frame)
        })?;
        turn.tell(told);
        Ok(Heard::default())
    }

    /// An agent looks at a ticket, and with this connection at no other.
    pub(super) fn look_at(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        seat: &Seat,
        (ticket_id, looks): (TicketId, bool),
        turn: &mut Turn,
    ) -> Result<Heard, Reject> {
        let agent_id = agent_of(seat)?;
        if !self.presence.admit_sign(seat.connection) {
            return Ok(Heard::default());
        }
        let before = seat.viewing;
        let (until, told) = self.asked(home, world, seat, Permission::Read, &mut |ctx| {
            let until = ctx.now + VIEWING_MS;
            let known = before.is_some_and(|before| {
                before.ticket_id == ticket_id && before.until > ctx.now + VIEWING_MS / 2
            });
            if !looks || known {
                return Ok(None);
            }
            let (viewing, told) = (true, Some(until));
            let frame = ServerFrame::Viewing { agent_id, ticket_id, viewing, until: told };
            ctx.cast(Ear::Ticket(ticket_id), &frame)?;
            Ok(Some(until))
        })?;
        turn.tell(told);
        let after = match until {
            Some(until) => Some(Viewing { ticket_id, until }),
            None if looks => before,
            None => before.filter(|before| before.ticket_id != ticket_id),
        };
        if after == before {
            return Ok(Heard::default());
        }
        self.reseat(Seat { viewing: after, ..seat.clone() }, turn);
        let left = before.filter(|left| after.is_none_or(|now| now.ticket_id != left.ticket_id));
        if let Some(left) = left {
            self.look_away(agent_id, left.ticket_id, turn);
        }
        Ok(Heard::default())
    }

    /// Changes what is known of a connection, from the next event of the turn on.
    fn reseat(&mut self, seat: Seat, turn: &mut Turn) {
        if let Some(from) = self.presence.reseat(&seat) {
            let at = turn.events.len();
            turn.reseat(seat, from, at);
        }
    }

    /// What a connection sees from here on; gives the number of the last event before.
    pub(super) fn subscribe(
        &mut self,
        home: &dyn Home,
        world: &mut World<'_>,
        seat: &Seat,
        views: &[View],
        turn: &mut Turn,
    ) -> Result<i64, Reject> {
        view::check(views)?;
        let seat = Seat { views: views.to_vec(), ..seat.clone() };
        check_length(&seat)?;
        let asked = self.asked(home, world, &seat, Permission::Read, &mut |ctx| Ok(ctx.seq()));
        let (head, told) = asked?;
        turn.tell(told);
        self.reseat(seat, turn);
        Ok(head)
    }
}

fn agent_of(seat: &Seat) -> Result<AgentId, Reject> {
    let agent = seat.principal.agent();
    agent.ok_or_else(|| Reject::new(Code::BadRequest, "only agents say this"))
}
