//! Outboxes: rounds of entries that are begun together, are under way, and are settled together.
//!
//! It does what `gateway/actor.js` and the host do: one round at a time, until nothing more is
//! ready. What comes back to an object that died meanwhile comes back to nobody.

use super::faults::Fault;
use super::object::Name;
use super::world::{Happening, Round, World, short};
use actors::kernel::{Effect, Entry, Outcome};

impl World {
    /// Asks for an object's outbox to be drained.
    pub(super) fn ask_drain(&mut self, name: &Name) {
        let life = self.object(name).life;
        self.after(0, Happening::Drain(name.clone(), life));
    }

    /// Begins what is ready in an object's outbox.
    pub(super) fn drain(&mut self, name: &Name, life: u32) {
        let object = self.object(name);
        if object.life != life {
            return;
        }
        if object.draining && !self.faults.strikes(Fault::DrainTwice) {
            self.object(name).drain_again = true;
            return;
        }
        let done = self
            .turn(name, &mut |stage| stage.machine.begin(stage.disk, stage.outside, stage.turn));
        self.check_kept(name, life);
        let Some((begun, turn)) = done else { return };
        let slow = |(_, effect): &(_, Effect)| effect.is_slow();
        let (slow, begun): (Vec<_>, Vec<_>) = begun.into_iter().partition(slow);
        self.object(name).draining = !begun.is_empty();
        self.object(name).drain_again = false;
        self.tell(name, &turn);
        let more = !slow.is_empty();
        for one in slow {
            self.carry_out(name, vec![one]);
        }
        if !begun.is_empty() {
            self.carry_out(name, begun);
        } else if more {
            self.ask_drain(name);
        } else {
            self.drained(name);
        }
    }

    fn carry_out(&mut self, name: &Name, begun: Vec<(Entry, Effect)>) {
        let (entries, effects): (Vec<_>, Vec<_>) = begun.into_iter().unzip();
        for entry in &entries {
            self.say(format_args!("{} begins {} {}", short(name), entry.kind, entry.key));
        }
        let number = self.next_number();
        let entries = entries.into_iter().map(|entry| (entry, None)).collect();
        let life = self.object(name).life;
        self.rounds.insert(number, Round { name: name.clone(), life, entries });
        self.perform(name, number, effects);
    }

    /// The outcome of an entry comes back; the last of a round settles all of it.
    pub(super) fn came_back(&mut self, number: u64, index: usize, outcome: Outcome) {
        if let Some(reading) = self.readings.remove(&number) {
            return self.read_on(reading, outcome);
        }
        let Some(round) = self.rounds.get_mut(&number) else { return };
        let Some((_, slot)) = round.entries.get_mut(index) else { return };
        if slot.is_some() {
            return;
        }
        *slot = Some(outcome);
        if round.entries.iter().all(|(_, outcome)| outcome.is_some())
            && let Some(round) = self.rounds.remove(&number)
        {
            self.settle(number, round);
        }
    }

    fn settle(&mut self, number: u64, round: Round) {
        let name = &round.name;
        if self.object(name).life != round.life {
            return self.say(format_args!("a round of {} came back to nobody", short(name)));
        }
        if self.faults.strikes(Fault::KillUnderWay) {
            self.say(format_args!("{} killed with a round under way", short(name)));
            self.object(name).die();
            return self.cut_room(name);
        }
        let both = |(entry, outcome)| Some((entry, Option::<Outcome>::clone(&outcome)?));
        let settled: Vec<_> = round.entries.into_iter().filter_map(both).collect();
        for (entry, outcome) in &settled {
            let brief = brief(outcome);
            self.say(format_args!("{} settles {} {}: {brief}", short(name), entry.kind, entry.key));
        }
        let numbered = settled.iter().enumerate();
        let open: Vec<_> = numbered
            .map(|(index, (entry, _))| self.is_open(name, (number, index), entry))
            .collect();
        let done = self.turn(name, &mut |stage| {
            for (entry, outcome) in &settled {
                stage.machine.settle(stage.disk, stage.outside, stage.turn, (entry, outcome));
            }
        });
        for (index, (entry, outcome)) in settled.iter().enumerate() {
            self.check_settled(name, (number, index), entry, outcome, open[index]);
            self.check_answers(name, outcome);
        }
        let Some(((), mut turn)) = done else { return };
        let progress = |(_, outcome): &(_, Outcome)| !matches!(outcome, Outcome::Failed { .. });
        turn.drain |= settled.iter().any(progress);
        let is_slow = |(_, outcome): &(_, Outcome)| {
            matches!(outcome, Outcome::Posted(_) | Outcome::Mailbox(_))
        };
        if settled.iter().all(is_slow) {
            // It ran beside the others, which go on as they were.
            return self.tell(name, &turn);
        }
        let object = self.object(name);
        object.draining = false;
        turn.drain |= std::mem::take(&mut object.drain_again);
        self.tell(name, &turn);
        if !turn.drain {
            self.drained(name);
        }
    }
}

fn brief(outcome: &Outcome) -> String {
    let mut text = match outcome {
        Outcome::Done(json) => format!("done {}", String::from_utf8_lossy(json)),
        other => format!("{other:?}"),
    };
    if let Some((at, _)) = text.char_indices().nth(120) {
        text.truncate(at);
    }
    text
}
