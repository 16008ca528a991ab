//! What is told to everybody: comments by HTTP and their deliveries, joins, and comments over
//! sockets.

use super::clock::now_ns;
use super::gauge::Gauge;
use super::requests::answered;
use super::scene::{Outcome, Scene};
use super::seats::{Happening, Seats};
use super::tally::Recorder;
use std::io;

/// How long the last deliveries may take after the one before.
const LAST_NS: u64 = 3_000_000_000;
/// How long the driver sleeps while it waits for those.
const DRAIN_NAP_NS: u64 = 5_000_000;

/// Sockets that join at once.
pub fn join(scene: &Scene, sockets: usize) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut recorder = Recorder::default();
    let mut gauge = Gauge::new(scene);
    let mut seats = Seats::new(scene)?;
    gauge.start();
    let joined = seats.join(1, sockets, &mut outcome, &mut recorder)?;
    gauge.stop(&mut outcome);
    outcome.operations = joined as u64;
    outcome.latency = recorder.latency();
    seats.leave()?;
    Ok(outcome)
}

/// Who writes how much, and into how many rooms.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    /// How many rooms.
    pub rooms: usize,
    /// How many sockets listen in each.
    pub sockets: usize,
    /// How many connections write.
    pub writers: usize,
    /// Comments a second in all, where it is not as fast as can be.
    pub rate: Option<f64>,
}

/// The comments of a phase: when each was begun, and what became of it.
struct Book<'a> {
    scene: &'a Scene,
    writing: Writing,
    begun_ns: Vec<u64>,
    due_ns: u64,
    /// The connections that write nothing now.
    free: Vec<usize>,
}

impl Book<'_> {
    /// Lets whoever is free write, as far as it is due.
    fn write(&mut self, seats: &mut Seats<'_>) {
        let step_ns = self.writing.rate.map_or(0, |rate| (1e9 / rate) as u64);
        while let Some(at) = self.free.last().copied() {
            let now = now_ns();
            if step_ns > 0 && now < self.due_ns {
                return;
            }
            // Of a paced comment the wait for a free connection is a part of its latency.
            self.begun_ns.push(if step_ns > 0 { self.due_ns } else { now });
            self.due_ns += step_ns;
            self.free.pop();
            let n = self.begun_ns.len() as u64 - 1;
            let room = &self.scene.rooms[n as usize % self.writing.rooms];
            seats.net.send(at, &self.scene.append(room, n));
        }
    }

    /// How long until the next comment is due.
    fn nap_ns(&self) -> u64 {
        if self.writing.rate.is_none() || self.free.is_empty() {
            return u64::MAX;
        }
        self.due_ns.saturating_sub(now_ns())
    }
}

/// Comments by HTTP, and everybody in the room who is told of them.
pub fn fanout(scene: &Scene, writing: Writing) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut seats = Seats::new(scene)?;
    seats.join(writing.rooms, writing.sockets, &mut outcome, &mut Recorder::default())?;
    let count = seats.len();
    let mut free = Vec::new();
    for _ in 0..writing.writers {
        free.push(seats.net.open()?);
    }
    let due_ns = now_ns();
    let mut book = Book { scene, writing, begun_ns: Vec::new(), due_ns, free };
    let mut recorder = Recorder::default();
    let mut gauge = Gauge::new(scene);
    let mut ready = Vec::new();
    let (mut delivered, mut moved_ns, mut open) = (0_u64, now_ns(), true);
    loop {
        if open {
            open = gauge.goes_on(&mut outcome);
            moved_ns = now_ns();
        }
        if open {
            book.write(&mut seats);
        } else {
            let all = outcome.accepted * writing.sockets as u64;
            let done = book.free.len() == writing.writers && delivered >= all;
            if done || now_ns() - moved_ns > LAST_NS {
                break;
            }
        }
        let nap = if open { gauge.nap_ns().min(book.nap_ns()) } else { DRAIN_NAP_NS };
        seats.net.wait(nap, &mut ready)?;
        for at in ready.iter().copied() {
            if at >= count {
                if answered(&mut seats.net, at, 201, &mut outcome).is_some() {
                    book.free.push(at);
                    moved_ns = now_ns();
                }
                continue;
            }
            let now = now_ns();
            seats.read(at, &mut outcome, &mut |happening| {
                let Happening::Comment(mark) = happening else { return };
                delivered += 1;
                moved_ns = now;
                if gauge.counts() {
                    let begun = book.begun_ns.get(mark as usize).copied().unwrap_or(now);
                    recorder.note_ns(now.saturating_sub(begun));
                }
            });
        }
    }
    outcome.unanswered(writing.writers - book.free.len());
    outcome.operations = recorder.count();
    let all = outcome.accepted * writing.sockets as u64;
    outcome.lost = Some(all.saturating_sub(delivered));
    outcome.latency = recorder.latency();
    seats.leave()?;
    Ok(outcome)
}

/// Comments over sockets, one socket a room, each the next as soon as the last is durable.
pub fn speak(scene: &Scene, rooms: usize, frames_max: Option<u32>) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut seats = Seats::new(scene)?;
    seats.join(rooms, 1, &mut outcome, &mut Recorder::default())?;
    let step_ns = frames_max.map_or(0, |most| 1_000_000_000 / u64::from(most.max(1)));
    let mut recorder = Recorder::default();
    let mut gauge = Gauge::new(scene);
    let mut begun_ns: Vec<u64> = Vec::new();
    // Of each socket: when it may write again; nothing while it waits for an acknowledgement.
    let mut due_ns: Vec<Option<u64>> = vec![Some(0); seats.len()];
    let mut ready = Vec::new();
    let (mut delivered, mut moved_ns, mut open) = (0_u64, now_ns(), true);
    loop {
        if open {
            open = gauge.goes_on(&mut outcome);
            moved_ns = now_ns();
            for (at, due) in due_ns.iter_mut().enumerate() {
                let now = now_ns();
                if open && due.is_some_and(|due| due <= now) {
                    *due = None;
                    let room = &scene.rooms[seats.room(at)];
                    seats.say(at, &scene.speak(room, begun_ns.len() as u64));
                    begun_ns.push(now);
                }
            }
        } else {
            let done = due_ns.iter().all(Option::is_some) && delivered >= outcome.accepted;
            if done || now_ns() - moved_ns > LAST_NS {
                break;
            }
        }
        let next = due_ns.iter().flatten().min().copied().unwrap_or(u64::MAX);
        let due = next.saturating_sub(now_ns());
        seats.net.wait(if open { gauge.nap_ns().min(due) } else { DRAIN_NAP_NS }, &mut ready)?;
        for at in ready.iter().copied() {
            let now = now_ns();
            let (mut accepted, mut refused) = (0, 0);
            seats.read(at, &mut outcome, &mut |happening| match happening {
                Happening::Comment(_) => delivered += 1,
                Happening::Ack(n, good) => {
                    moved_ns = now;
                    let begun = begun_ns.get(n as usize).copied().unwrap_or(now);
                    due_ns[at] = Some(begun + step_ns);
                    if !good {
                        refused += 1;
                        return;
                    }
                    accepted += 1;
                    if gauge.counts() {
                        recorder.note_ns(now - begun);
                    }
                }
            });
            outcome.accepted += accepted;
            (0..refused).for_each(|_| outcome.error("not done"));
        }
    }
    // A socket that has ended has been counted as an error by then.
    let waiting = |(at, due): &(usize, &Option<u64>)| due.is_none() && !seats.net.is_over(*at);
    outcome.unanswered(due_ns.iter().enumerate().filter(waiting).count());
    outcome.operations = recorder.count();
    outcome.lost = Some(outcome.accepted.saturating_sub(delivered));
    outcome.latency = recorder.latency();
    seats.leave()?;
    Ok(outcome)
}
