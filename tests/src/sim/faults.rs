//! The faults: what may go wrong, how often in this seed, and how often it did.
//!
//! Swarm testing: the seed turns about half of the kinds off altogether and draws a rate for each
//! of the others, so that rare combinations get seeds of their own.

use super::random::Random;

macro_rules! faults {
    ($($name:ident $max:literal $text:literal,)*) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault { $(#[doc = $text] $name,)* }

        /// All kinds.
        pub const ALL: &[Fault] = &[$(Fault::$name,)*];

        impl Fault {
            /// What it is, for a table.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The highest rate that a seed may draw, of 1,000 occasions.
            const fn rate_max(self) -> u64 {
                match self { $(Self::$name => $max,)* }
            }
        }
    };
}

faults! {
    KillBetween 60 "object killed between two storage operations",
    KillBeforeCommit 30 "object killed at the end of a turn, before its commit",
    KillAfterCommit 50 "object killed after the commit, answers lost",
    KillUnderWay 60 "object killed while effects are under way",
    Trap 20 "panic between two storage operations, no process dies",
    StorageError 20 "a statement fails",
    Evict 100 "object evicted, sockets kept",
    RequestLost 60 "request lost on its way",
    RequestDoubled 60 "request delivered twice",
    RequestLate 100 "request delayed and overtaken",
    AnswerLost 60 "answer lost on its way back",
    AlarmTwice 150 "alarm fires twice",
    AlarmEarly 50 "alarm fires early",
    AlarmLate 80 "alarm fires 15 minutes late",
    AlarmLost 30 "alarm is lost until the watchdog comes",
    DrainTwice 40 "outbox drained by two copies at once",
    QueueDoubled 200 "queued mail delivered more than once",
    QueueReordered 300 "queued mail overtaken",
    QueueLate 30 "queued mail repeated hours later",
    D1Down 12 "D1 fails for an hour",
    D1Unknown 60 "D1 batch applied in part or whole, answer lost",
    D1Slow 60 "D1 answers after half a minute",
    MailRefusedForNow 150 "mail server refuses with 4yz",
    MailRefused 100 "mail server refuses with 5yz",
    MailRefusesSome 500 "mail server takes some recipients, refuses others or puts them off",
    MailFull 100 "no room in memory for a mail's files",
    MailUnreachable 150 "connection to the mail server refused",
    MailAnswerLost 100 "mail accepted, answer lost",
    ReceiverDown 200 "receiver of a webhook does not answer",
    ReceiverRefuses 200 "receiver of a webhook answers 500",
    ReceiverBusy 100 "receiver of a webhook answers 503 and when to come back",
    ClockForward 4 "clock jumps a day ahead",
    ClockBack 4 "clock jumps a day back",
    ClockFrozen 8 "clock stands still",
    SocketCut 60 "socket cut",
    SocketHalfOpen 40 "socket half-open: the client is gone, the room does not know",
    SocketStorm 10 "all sockets of a room cut at once",
}

/// The faults of one seed.
#[derive(Debug, Clone)]
pub struct Faults {
    rates: Vec<u64>,
    counts: Vec<u64>,
    random: Random,
    off: bool,
}

impl Faults {
    /// Draws which faults are on, and their rates.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        // One seed in sixteen has no faults: what fails there is plainly wrong.
        let calm = random.below(16) == 0;
        let rates = ALL.iter().map(|fault| {
            let on = random.below(2) == 0 && !calm;
            let rate = 1 + random.below(fault.rate_max());
            if on { rate } else { 0 }
        });
        let rates = rates.collect();
        Self { rates, counts: vec![0; ALL.len()], random, off: false }
    }

    /// Every fault is on, each at a rate of the lower quarter, so that some weeks' work is done; a
    /// server that refuses good addresses is rare, or no inbox would be healthy.
    #[must_use]
    pub fn all(seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let rates = ALL.iter().map(|fault| match fault {
            Fault::MailRefused => 1 + random.below(5),
            // A few times in all those weeks.
            Fault::D1Down => 5 + random.below(15),
            fault => 1 + random.below(fault.rate_max().div_ceil(4)),
        });
        let rates = rates.collect();
        Self { rates, counts: vec![0; ALL.len()], random, off: false }
    }

    /// Whether a fault strikes now; counts it.
    pub fn strikes(&mut self, fault: Fault) -> bool {
        let hit = self.is_on(fault) && self.random.chance(self.rates[fault as usize]);
        if hit {
            self.count(fault);
        }
        hit
    }

    /// As [`Faults::strikes`], to be counted by the caller once it really happens.
    pub fn might(&mut self, fault: Fault) -> bool {
        self.is_on(fault) && self.random.chance(self.rates[fault as usize])
    }

    /// Notes that a fault has happened.
    pub fn count(&mut self, fault: Fault) {
        self.counts[fault as usize] += 1;
    }

    /// Whether the seed has this fault, and it is still time for faults.
    #[must_use]
    pub fn is_on(&self, fault: Fault) -> bool {
        !self.off && self.rates[fault as usize] > 0
    }

    /// The stream that says where exactly a fault strikes.
    pub const fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// No faults from now on.
    pub const fn stop(&mut self) {
        self.off = true;
    }

    /// Whether there are none any more.
    #[must_use]
    pub const fn are_over(&self) -> bool {
        self.off
    }

    /// How often each kind struck, in the order of [`ALL`].
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The kinds that are on, for the head of a trace.
    #[must_use]
    pub fn describe(&self) -> String {
        let on = ALL.iter().filter(|fault| self.rates[**fault as usize] > 0);
        let list: Vec<_> =
            on.map(|fault| format!("{fault:?}={}", self.rates[*fault as usize])).collect();
        list.join(" ")
    }
}

/// Adds how often each kind struck in one seed to how often it struck in others.
pub fn add(sums: &mut Vec<u64>, counts: &[u64]) {
    sums.resize(ALL.len(), 0);
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count;
    }
}

/// How often each kind struck, for a person.
#[must_use]
pub fn table(counts: &[u64]) -> String {
    let mut text = String::from("faults:\n");
    for (fault, count) in ALL.iter().zip(counts) {
        text.push_str(&format!("  {count:>9}  {}\n", fault.text()));
    }
    text
}
