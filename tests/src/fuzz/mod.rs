//! `npm run fuzz`: damaged mail, and what damaged servers say, by the million.
//!
//! An execution is one input, damaged at random, and all that the product does with it. What is
//! drawn depends on the seed, the target and the number of the execution alone, so each can be run
//! again by itself. It fails where the product panics, and where what it says of the input breaks a
//! rule that holds for any input whatever. Beside mail and servers there are the [`targets`], which
//! run guided as well.
//!
//! Inputs that take long are reported, not judged: the slowest, and the slowest for its size.

mod corpus;
mod harmless;
mod imap;
mod mail;
mod mutate;
mod smtp;
pub mod targets;
mod words;

use crate::sim::random::Random;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

/// What a Worker gives its stack.
const STACK_BYTES: usize = 1024 * 1024;
/// The processor time that is more than any mail of this size should take, in nanoseconds.
const LONG_NS: u64 = 100_000_000;
/// After how many executions it is said how far a target is.
const TOLD_EVERY: u64 = 1_000_000;
/// Smaller inputs take what a call takes: their time for each byte says nothing.
const RATED_BYTES: usize = 4 * 1024;

/// Mail and servers, each with its share of ten thousand executions, like those of [`targets`].
const NAMES: [(&str, u64); 5] = [("mime", 8), ("bounce", 8), ("html", 8), ("smtp", 6), ("imap", 6)];
/// All of them.
const SHARES: u64 = 10_000;

/// What is fuzzed.
pub trait Target {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// An input.
    fn input(&self, random: &mut Random) -> Vec<u8>;

    /// Runs the product on an input, and says in a word what came of it.
    ///
    /// # Errors
    /// The rule that it broke.
    fn run(&mut self, input: &[u8], random: &mut Random) -> Result<&'static str, String>;
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many executions of each target.
    pub executions: u64,
    /// Whether that is how many there are in all, of which each target has its share.
    pub shared: bool,
    /// The number of the first.
    pub from: u64,
    /// The seed.
    pub seed: u64,
    /// One target, or all.
    pub only: Option<String>,
    /// Whether to say from time to time how far it is.
    pub tells: bool,
}

/// An input, and how long it took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timed {
    /// The number of the execution.
    pub execution: u64,
    /// The input's size.
    pub bytes: usize,
    /// Processor time.
    pub nanoseconds: u64,
}

impl Timed {
    /// Nanoseconds for each byte.
    fn rate(self) -> u64 {
        self.nanoseconds / self.bytes.max(1) as u64
    }

    fn show(self) -> String {
        let Timed { execution, bytes, nanoseconds } = self;
        let (ms, us) = (nanoseconds / 1_000_000, nanoseconds / 1_000 % 1_000);
        format!("{ms}.{us:03} ms for {bytes} bytes (execution {execution})")
    }
}

/// What a target came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// Its name.
    pub target: &'static str,
    /// How many executions ended well.
    pub executions: u64,
    /// What came of them, by word.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// All inputs together.
    pub bytes: u64,
    /// All processor time together, in nanoseconds.
    pub nanoseconds: u64,
    /// The input that took longest.
    pub slowest: Timed,
    /// The input that took longest for its size.
    pub steepest: Timed,
    /// How many took longer than anything should.
    pub long: u64,
    /// What went wrong: the execution, and why.
    pub failure: Option<(u64, String)>,
}

impl Summary {
    /// In a line: what it ran and how long that took.
    #[must_use]
    pub fn line(&self) -> String {
        let Summary { target, executions, .. } = self;
        let (ms, failures) = (self.nanoseconds / 1_000_000, u8::from(self.failure.is_some()));
        let (seconds, tenths) = (ms / 1_000, ms % 1_000 / 100);
        format!(
            "{target}: {executions} executions, {seconds}.{tenths} s, \
             {failures} panics and broken rules"
        )
    }

    /// For people; the last line says whether all went well.
    #[must_use]
    pub fn text(&self, seed: u64) -> String {
        let Summary { target, executions, outcomes, .. } = self;
        let mut text = String::new();
        let seconds = self.nanoseconds / 1_000_000_000;
        let mean = self.bytes / executions.max(&1);
        let _ = writeln!(text, "{target}: {mean} bytes in the mean, {seconds} s of processor");
        for (outcome, count) in outcomes {
            let _ = writeln!(text, "  {outcome:<24} {count}");
        }
        let _ = writeln!(text, "  slowest: {}", self.slowest.show());
        let _ = writeln!(text, "  slowest for its size: {}", self.steepest.show());
        let _ = writeln!(text, "  over {} ms: {}", LONG_NS / 1_000_000, self.long);
        let _ = match &self.failure {
            None => writeln!(text, "{target}: {executions} executions, no panic, no broken rule"),
            Some((execution, why)) => writeln!(
                text,
                "{target}: execution {execution} failed: {why}\nagain: npm run fuzz -- \
                 --only {target} --seed {seed} --from {execution} --executions 1 --show"
            ),
        };
        text
    }
}

/// The names of all targets, each with its share.
pub fn names() -> impl Iterator<Item = (&'static str, u64)> {
    NAMES.into_iter().chain(targets::TARGETS)
}

/// Runs the targets, as many at once as there are `workers`; each ends with its first failure.
///
/// # Errors
/// There is no such target.
pub fn run(
    options: &Options,
    workers: usize,
    done: impl FnMut(&Summary) + Send,
) -> Result<Vec<Summary>, String> {
    let is_wanted = |name: &str| options.only.as_ref().is_none_or(|only| only == name);
    let wanted: Vec<_> = names().filter(|(name, _)| is_wanted(name)).collect();
    if wanted.is_empty() {
        return Err(no_target());
    }
    let seeds = corpus::Corpus::load();
    let queue = Mutex::new((wanted.iter(), Vec::new(), done));
    let work = || {
        loop {
            let next = queue.lock().ok().and_then(|mut queue| queue.0.next());
            let Some(&(name, share)) = next else { return };
            let mut options = options.clone();
            if options.shared {
                options.executions = (options.executions * share / SHARES).max(1);
            }
            let work = || one(target(name, &seeds).as_mut(), &options);
            if let Some(summary) = on_stack(stack_bytes(name), work)
                && let Ok(mut queue) = queue.lock()
            {
                (queue.2)(&summary);
                queue.1.push(summary);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            scope.spawn(work);
        }
    });
    let mut summaries = queue.into_inner().map_err(|error| error.to_string())?.1;
    summaries.sort_by_key(|it| wanted.iter().position(|(name, _)| *name == it.target));
    match summaries.len() == wanted.len() {
        true => Ok(summaries),
        false => Err("a thread ended before its work".to_owned()),
    }
}

/// The stack of a target: as small as the product has it, where it is not a whole room natively,
/// with SQLite below it and code that is hardly optimised.
fn stack_bytes(name: &str) -> usize {
    let is_room = ["ws_frame", "actor_commands"].contains(&name);
    if is_room { 16 * STACK_BYTES } else { STACK_BYTES }
}

fn on_stack(bytes: usize, work: impl FnOnce() -> Summary + Send) -> Option<Summary> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(bytes).spawn_scoped(scope, work);
        thread.ok().and_then(|thread| thread.join().ok())
    })
}

fn no_target() -> String {
    format!("the targets are {}", names().map(|(name, _)| name).collect::<Vec<_>>().join(", "))
}

fn target<'x>(name: &'static str, corpus: &'x corpus::Corpus) -> Box<dyn Target + 'x> {
    match name {
        "mime" => Box::new(mail::Mime::new("mime", corpus.mails())),
        "bounce" => Box::new(mail::Mime::new("bounce", corpus.bounces())),
        "html" => Box::new(mail::Html::new(corpus.html())),
        "smtp" => Box::new(smtp::Smtp::new()),
        "imap" => Box::new(imap::Imap::new()),
        _ => Box::new(targets::Property::new(name).expect("a name out of the table")),
    }
}

/// What a target says when a rule does not hold.
fn rule(holds: bool, name: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(name.to_owned()) }
}

/// The input of an execution, to look at.
///
/// # Errors
/// There is no such target.
pub fn input(name: &str, seed: u64, execution: u64) -> Result<Vec<u8>, String> {
    let (name, _) = names().find(|(known, _)| *known == name).ok_or_else(no_target)?;
    let corpus = corpus::Corpus::load();
    Ok(target(name, &corpus).input(&mut random(name, seed, execution)))
}

/// What an execution draws from.
fn random(name: &str, seed: u64, execution: u64) -> Random {
    let add = |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
    let stream = name.bytes().fold(7, add);
    Random::new(seed ^ execution.wrapping_mul(0x9e37_79b9), stream)
}

fn one(target: &mut dyn Target, options: &Options) -> Summary {
    let mut summary = Summary { target: target.name(), ..Summary::default() };
    for execution in options.from..options.from.saturating_add(options.executions) {
        if options.tells && execution % TOLD_EVERY == TOLD_EVERY - 1 {
            eprintln!("{}: at {execution}", summary.target);
        }
        let mut random = random(target.name(), options.seed, execution);
        let input = target.input(&mut random);
        let mut run = |mut random: Random| {
            let began = now_ns();
            let result = caught(|| target.run(&input, &mut random));
            (result, now_ns() - began)
        };
        let (result, mut nanoseconds) = run(random.clone());
        summary.nanoseconds += nanoseconds;
        summary.bytes += input.len() as u64;
        let timed = |nanoseconds| Timed { execution, bytes: input.len(), nanoseconds };
        let is_rated = input.len() >= RATED_BYTES;
        let is_new = |it: Timed| {
            it.nanoseconds > summary.slowest.nanoseconds
                || is_rated && it.rate() > summary.steepest.rate()
        };
        if is_new(timed(nanoseconds)) {
            // Once more: what the machine did besides is not the input's.
            nanoseconds = nanoseconds.min(run(random).1);
        }
        let timed = timed(nanoseconds);
        if timed.nanoseconds > summary.slowest.nanoseconds {
            summary.slowest = timed;
        }
        if is_rated && timed.rate() > summary.steepest.rate() {
            summary.steepest = timed;
        }
        summary.long += u64::from(nanoseconds > LONG_NS);
        match result {
            Ok(outcome) => *summary.outcomes.entry(outcome).or_default() += 1,
            Err(why) => {
                summary.failure = Some((execution, why));
                return summary;
            }
        }
        summary.executions += 1;
    }
    summary
}

thread_local! {
    /// What the execution that runs panicked with: empty before it does, `None` outside of one.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Has what an execution panics with kept for the report, and not printed.
pub fn keep_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_kept = PANIC.with(|kept| match &mut *kept.borrow_mut() {
            Some(text) => {
                *text = panic.to_string();
                true
            }
            None => false,
        });
        if !is_kept {
            print(panic);
        }
    }));
}

fn caught(work: impl FnOnce() -> Result<&'static str, String>) -> Result<&'static str, String> {
    PANIC.with(|kept| *kept.borrow_mut() = Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(work));
    let text = PANIC.with(|kept| kept.borrow_mut().take()).unwrap_or_default();
    result.unwrap_or_else(|_| Err(format!("it panicked: {text}")))
}

/// The processor time of this thread, in nanoseconds.
fn now_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}
