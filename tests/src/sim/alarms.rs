//! Alarms as the platform keeps them: one per object, at least once, not always on time.

use super::faults::Fault;
use super::object::Name;
use super::world::{Happening, World, short};
use schema::Millis;

const LATE_MS: Millis = 15 * 60 * 1000;
/// How often an alarm may go off at one time: a few times in a row is work that is done in parts.
const AT_ONCE_MAX: u32 = 50;

impl World {
    /// Puts an object's alarm on the agenda where it was set anew.
    pub(super) fn watch_alarm(&mut self, name: &Name) {
        let object = self.object(name);
        let at = object.storage.alarm();
        if at.is_some() {
            object.alarm_lost = false;
        }
        if object.alarm_at == at {
            return;
        }
        object.alarm_at = at;
        object.alarm_ticket += 1;
        let ticket = object.alarm_ticket;
        let Some(at) = at else { return };
        let mut world = self.clock.world_at(at);
        if self.faults.strikes(Fault::AlarmLate) {
            world += LATE_MS;
        } else if world > self.clock.world() && self.faults.strikes(Fault::AlarmEarly) {
            world -= self.random.between(0, 5_000).min(world - self.clock.world());
            self.object(name).alarm_early = true;
        }
        self.at(world, Happening::Alarm(name.clone(), ticket));
    }

    /// All alarms are looked at again: the wall clock has moved.
    pub(super) fn rearm_all(&mut self) {
        let names: Vec<_> = self.objects.keys().cloned().collect();
        for name in names {
            self.object(&name).alarm_at = None;
            self.watch_alarm(&name);
        }
    }

    /// An alarm may go off.
    pub(super) fn ring(&mut self, name: &Name, ticket: u64) {
        let wall = self.clock.wall();
        let object = self.object(name);
        if object.alarm_ticket != ticket || object.ringing {
            return;
        }
        let Some(at) = object.storage.alarm() else { return };
        if at > wall && !std::mem::take(&mut object.alarm_early) {
            // The wall clock was moved back, or stands still.
            let world = self.clock.world_at(at).max(self.clock.world() + 1_000);
            return self.at(world, Happening::Alarm(name.clone(), ticket));
        }
        if self.faults.strikes(Fault::AlarmLost) {
            self.say(format_args!("{} loses its alarm", short(name)));
            let object = self.object(name);
            object.storage.arm(None);
            object.alarm_lost = true;
            object.alarm_at = None;
            return;
        }
        self.maybe_evict(name);
        let now = self.clock.world();
        let object = self.object(name);
        object.rang = if object.rang.0 == now { (now, object.rang.1 + 1) } else { (now, 1) };
        if object.rang.1 > AT_ONCE_MAX {
            let text = format!("the alarm of {} goes off again and again", short(name));
            return self.violate("17 everything becomes quiet", text);
        }
        let twice = self.faults.strikes(Fault::AlarmTwice);
        self.go_off(name, at);
        if twice {
            self.say(format_args!("{} gets its alarm twice", short(name)));
            self.go_off(name, at);
        }
    }

    /// The outbox has nothing more to do: the handler of an alarm that waited for it ends.
    pub(super) fn drained(&mut self, name: &Name) {
        let object = self.object(name);
        if std::mem::take(&mut object.ringing) {
            object.alarm_at = None;
            self.watch_alarm(name);
        }
    }

    fn go_off(&mut self, name: &Name, at: Millis) {
        self.say(format_args!("{} alarm", short(name)));
        let object = self.object(name);
        object.alarm_at = None;
        object.in_alarm = true;
        let skip = object.trapped;
        let done = self.turn(name, &mut |stage| {
            stage.disk.ring(at);
            stage.alarm(skip);
        });
        let wall = self.clock.wall();
        let object = self.object(name);
        object.in_alarm = false;
        let Some(((), turn)) = done else {
            // A process that died left no word of success: the platform runs the alarm again. After
            // a panic the entry file asks for that, and for the first timer to be skipped.
            object.trapped = object.has_trapped();
            let next = if object.trapped { wall + 5_000 } else { at };
            object.storage.arm(Some(next));
            self.check_turn(name);
            return self.watch_alarm(name);
        };
        object.trapped = false;
        object.ringing = true;
        self.check_turn(name);
        self.tell(name, &turn);
        self.ask_drain(name);
    }
}
