//! Turns: requests in, answers out, and the faults that strike an object.

use super::disk::Blow;
use super::faults::Fault;
use super::object::{End, Fate, Name, Object, Stage};
use super::world::{Ask, Happening, Origin, Request, World, short};
use actors::kernel::engine::World as Outside;
use actors::kernel::sockets::{Heard, Incoming};
use actors::kernel::{Outcome, Turn};
use schema::envelope::KernelCommand;
use schema::frame::{Codec, Seat};
use schema::{ActorKind, Answer, Envelope, Millis, Principal, codec};

/// How long a watchdog sleeps.
pub const WATCHDOG_MS: Millis = 4 * 60 * 60 * 1000;

/// What a request was given.
pub enum Given {
    /// An answer to an envelope.
    Answer(Answer),
    /// An answer to a frame.
    Heard(Heard),
    /// Nothing: its socket has ended.
    Nothing,
}

fn obey(stage: &mut Stage<'_, '_>, request: &Request, seat: Option<&Seat>) -> Given {
    let Stage { machine, disk, outside, turn } = stage;
    match (&request.ask, seat) {
        (Ask::Call(bytes), _) => Given::Answer(machine.call(*disk, outside, bytes, turn)),
        (Ask::Hear(_, text), Some(seat)) => {
            let packed = match seat.codec {
                Codec::Json => None,
                Codec::Msgpack => codec::json_to_msgpack(text.as_bytes()).ok(),
            };
            let frame = packed.as_deref().map_or(Incoming::Text(text), Incoming::Binary);
            Given::Heard(machine.hear(*disk, outside, (seat, frame), turn))
        }
        (Ask::Leave(_), Some(seat)) => {
            machine.leave(seat, turn);
            Given::Nothing
        }
        _ => Given::Nothing,
    }
}

impl World {
    /// A request arrives at its object and waits for the next turn.
    pub(super) fn arrive(&mut self, request: Request) {
        let patient = matches!(request.origin, Origin::Queue(_));
        if !patient && self.clock.latest() > request.until {
            return self.unanswered(request);
        }
        let name = request.to.clone();
        let object = self.object(&name);
        object.waiting.push_back(request);
        if !object.called {
            object.called = true;
            let wait = if self.random.chance(300) { self.random.between(1, 20) } else { 0 };
            self.after(wait, Happening::Turn(name));
        }
    }

    /// What waits at an object is done in one turn; a newcomer to the room has a turn of its own.
    pub(super) fn serve(&mut self, name: &Name) {
        self.maybe_evict(name);
        let object = self.object(name);
        let joins = |request: &Request| matches!(request.ask, Ask::Join(..));
        let count = object.waiting.iter().position(joins).unwrap_or(object.waiting.len()).max(1);
        let batch: Vec<_> = object.waiting.drain(..count.min(object.waiting.len())).collect();
        object.called = !object.waiting.is_empty();
        if object.called {
            self.after(0, Happening::Turn(name.clone()));
        }
        match batch.as_slice() {
            [] => {}
            [Request { ask: Ask::Join(socket, connect), .. }] => self.join(name, *socket, connect),
            _ => self.serve_batch(name, batch),
        }
    }

    fn serve_batch(&mut self, name: &Name, batch: Vec<Request>) {
        let before = self.watch_refusals(name, &batch);
        let seats = self.take_seats(&batch);
        for request in &batch {
            self.check_asked(request);
            self.check_replay(request);
        }
        let done = self.turn(name, &mut |stage| {
            let pairs = batch.iter().zip(&seats);
            pairs.map(|(request, seat)| obey(stage, request, seat.as_ref())).collect::<Vec<_>>()
        });
        let counts = |request: &&Request| !matches!(request.ask, Ask::Leave(_));
        self.commands += batch.iter().filter(counts).count() as u64;
        let Some((given, turn)) = done else {
            self.say(format_args!("{} gave no answer to {}", short(name), batch.len()));
            for request in batch {
                self.check_unheard(&request);
                self.check_texts_unheard(&request);
                self.unanswered(request);
            }
            return;
        };
        self.check_refusals(name, &given, before);
        for (request, given) in batch.into_iter().zip(given) {
            match (given, &request.ask) {
                (Given::Answer(answer), _) => self.release(name, request, answer),
                (Given::Heard(heard), Ask::Hear(conn, _)) => self.heard(*conn, heard),
                _ => {}
            }
        }
        self.tell(name, &turn);
    }

    /// What the sockets of a batch have attached; those that end are gone from here on.
    fn take_seats(&mut self, batch: &[Request]) -> Vec<Option<Seat>> {
        let seat = |request: &Request| match &request.ask {
            Ask::Hear(conn, _) => Some(self.sockets.conns.get(conn)?.seat.clone()),
            Ask::Leave(conn) => Some(self.sockets.conns.remove(conn)?.seat),
            Ask::Call(_) | Ask::Join(..) => None,
        };
        batch.iter().map(seat).collect()
    }

    /// Runs a turn of an object; none where nobody is to hear of it.
    pub(super) fn turn<R>(
        &mut self,
        name: &Name,
        body: &mut dyn FnMut(&mut Stage<'_, '_>) -> R,
    ) -> Option<(R, Turn)> {
        self.turns += 1;
        self.bring(name);
        let fate = self.fate(name);
        let seats = self.sockets.seats(name);
        let object = self.objects.get_mut(name)?;
        let mut outside = Outside { now: self.clock.wall(), entropy: &mut self.entropy };
        let end = object.turn(fate, &mut outside, &seats, body);
        if object.struck_quietly() {
            self.faults.count(Fault::StorageError);
        }
        let result = match end {
            End::Done(value, turn) => {
                self.outside_sees(name);
                Some((value, turn))
            }
            End::Asleep(reject) => {
                self.say(format_args!("{} did not wake: {}", short(name), reject.message));
                None
            }
            End::Dead { trap, committed } => {
                let fault = match (fate, trap) {
                    (_, true) => Fault::Trap,
                    (Fate::DiesBeforeCommit, _) => Fault::KillBeforeCommit,
                    (Fate::DiesAfterCommit, _) => Fault::KillAfterCommit,
                    _ => Fault::KillBetween,
                };
                self.faults.count(fault);
                if committed {
                    self.outside_sees(name);
                }
                self.say(format_args!("{} {fault:?} committed={committed}", short(name)));
                self.cut_room(name);
                None
            }
            End::Panicked(text) => {
                self.violate("8 nothing crashes", format!("{}: {text}", short(name)));
                None
            }
        };
        self.check_turn(name);
        self.watch_alarm(name);
        result
    }

    /// Draws how a turn ends.
    fn fate(&mut self, name: &Name) -> Fate {
        let Some(object) = self.objects.get(name) else { return Fate::Lives };
        let struck = [
            (Fault::KillBetween, Blow::Kill),
            (Fault::Trap, Blow::Trap),
            (Fault::StorageError, Blow::Error),
        ];
        for (fault, blow) in struck {
            if self.faults.might(fault) {
                return Fate::Struck(blow, object.somewhere(self.faults.random()));
            }
        }
        if self.faults.might(Fault::KillBeforeCommit) {
            return Fate::DiesBeforeCommit;
        }
        if self.faults.might(Fault::KillAfterCommit) {
            return Fate::DiesAfterCommit;
        }
        Fate::Lives
    }

    /// Sends a request on its way, with all that may happen to it there.
    pub(super) fn send(&mut self, request: Request) {
        let wait = self.random.between(1, 20);
        if self.faults.strikes(Fault::RequestLost) {
            return self.unanswered(request);
        }
        if self.faults.strikes(Fault::RequestDoubled) {
            let mut again = request.clone();
            again.origin = Origin::Nobody;
            let wait = self.random.between(1, 30_000);
            self.after(wait, Happening::Arrive(Box::new(again)));
        }
        let late = self.faults.strikes(Fault::RequestLate);
        let wait = if late { self.random.between(20, 20_000) } else { wait };
        self.after(wait, Happening::Arrive(Box::new(request)));
    }

    /// A request that nobody answers: its sender finds out by waiting.
    pub(super) fn unanswered(&mut self, request: Request) {
        match request.origin {
            Origin::Entry(round, index) => {
                let wait = self.random.between(100, 10_000);
                let outcome = Outcome::Failed { why: "the call broke".into() };
                self.after(wait, Happening::Outcome(round, index, Box::new(outcome)));
            }
            // Clients and queues have their own patience.
            Origin::Client(_) | Origin::Queue(_) | Origin::Nobody => {}
        }
    }

    /// An answer leaves an object.
    fn release(&mut self, from: &Name, request: Request, answer: Answer) {
        self.check_answer(from, &request, &answer);
        if !matches!(request.origin, Origin::Nobody) && self.faults.strikes(Fault::AnswerLost) {
            return self.unanswered(request);
        }
        let wait = self.random.between(1, 20);
        match request.origin {
            Origin::Client(op) | Origin::Queue(op) => {
                self.after(wait, Happening::Answered(op, Box::new(answer)));
            }
            Origin::Entry(round, index) => {
                self.after(wait, Happening::Outcome(round, index, Box::new(answer.into())));
            }
            Origin::Nobody => {}
        }
    }

    /// The watchdog asks every object to do what is due, and comes again.
    pub(super) fn watch(&mut self) {
        if self.faults.are_over() {
            return;
        }
        // Of many prospects only those have work whose alarm is lost.
        let all = self.weeks.is_none();
        let has_work = |it: &&Object| all || it.alarm_lost || it.name.0 != ActorKind::ProspectDedup;
        let objects = self.objects.values().filter(has_work);
        let names: Vec<_> = objects.map(|object| object.name.clone()).collect();
        for name in names {
            self.wake_up(&name);
        }
        self.after(WATCHDOG_MS, Happening::Watchdog);
    }

    /// Asks one object to do what is due.
    pub(super) fn wake_up(&mut self, name: &Name) {
        let Some(workspace) = name.1.split('/').next().and_then(|id| id.parse().ok()) else {
            return;
        };
        let principal = Principal::system(workspace);
        let envelope = Envelope::kernel(name.1.as_str(), principal, &KernelCommand::Wake);
        let ask = Ask::Call(envelope.encode());
        let until = Millis::MAX;
        self.send(Request { to: name.clone(), ask, origin: Origin::Nobody, until });
    }

    /// An idle object leaves memory; its sockets stay.
    pub(super) fn maybe_evict(&mut self, name: &Name) {
        let object = self.object(name);
        if object.is_awake() && !object.draining && self.faults.strikes(Fault::Evict) {
            self.say(format_args!("{} evicted", short(name)));
            self.object(name).evict();
        }
    }
}
