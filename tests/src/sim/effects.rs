//! What objects want from the world: rows for D1, calls to one another, mail.

use super::clock::DAY_MS;
use super::faults::Fault;
use super::object::Name;
use super::plan::{SECRET, pipeline};
use super::post::Verdict;
use super::world::{Ask, Happening, Origin, Request, World, short};
use actors::kernel::{
    Effect, MailJob, MailOutcome, Outcome, PostFate, PostJob, Posted, RefusedRecipient,
};
use actors::mail::graph::{MicrosoftOutcome, SealedTokens, Task};
use schema::pipeline::Work;
use schema::summary::Summary;
use schema::{Envelope, Millis, Principal};

const HOUR_MS: Millis = DAY_MS / 24;
/// How long the host waits for D1 and for other actors.
const DEADLINE_MS: Millis = 20_000;
/// How long it waits for the receiver of a webhook.
const PATIENCE_MS: Millis = 15_000;

/// What Microsoft does with a task: it renews tokens, and nothing leaves through it here.
fn at_microsoft(task: &Task) -> MicrosoftOutcome {
    match task {
        Task::Refresh => MicrosoftOutcome::Refreshed(SealedTokens {
            access: SECRET.as_bytes().to_vec(),
            refresh: None,
            good_for_ms: HOUR_MS,
        }),
        _ => MicrosoftOutcome::NotTried { why: "no mail leaves through Microsoft".to_owned() },
    }
}

impl World {
    /// Sets out to do what a round of an object's outbox wants.
    pub(super) fn perform(&mut self, name: &Name, round: u64, effects: Vec<Effect>) {
        let mut rows = Vec::new();
        for (index, effect) in effects.into_iter().enumerate() {
            match effect {
                Effect::Nothing => self.come_back(0, round, index, Outcome::Done(Vec::new())),
                Effect::Summary(summary) => {
                    self.check_summary(name, &summary);
                    rows.push((index, summary));
                }
                Effect::Call { actor, instance, key, command } => {
                    let workspace = instance.split('/').next().and_then(|id| id.parse().ok());
                    let Some(workspace) = workspace else {
                        self.violate("8 nothing crashes", format!("a call to {instance}"));
                        continue;
                    };
                    let to = (actor, instance);
                    self.check_call((round, index), &to, &command);
                    let system = Principal::system(workspace);
                    let key = Some(key).filter(|key| !key.is_empty());
                    let mut envelope = Envelope::new(to.1.as_str(), system, key, &());
                    envelope.command = command;
                    let ask = Ask::Call(envelope.encode());
                    let (origin, until) = (Origin::Entry(round, index), Millis::MAX);
                    let late = Outcome::Failed { why: "no answer in time".into() };
                    self.come_back(DEADLINE_MS, round, index, late);
                    self.send(Request { to, ask, origin, until });
                }
                Effect::Mail(job) => self.hand_over(name, round, index, &job),
                Effect::Mailbox(job) => self.read_mailbox(name, (round, index), *job),
                Effect::Microsoft(job) => {
                    let outcome = Outcome::Microsoft(at_microsoft(&job.task));
                    self.come_back(20, round, index, outcome);
                }
                Effect::Post(jobs) => self.post_all(name, round, index, &jobs),
                Effect::Forget(keys) => {
                    self.say(format_args!("storage forgets {}", keys.join(" ")));
                    self.come_back(20, round, index, Outcome::Done(Vec::new()));
                }
                Effect::Queue { queue, body } => {
                    self.say(format_args!("{} takes a message", queue.as_str()));
                    match Work::read(queue, &body) {
                        Ok(work) => pipeline::consume(self, &work),
                        Err(unread) => {
                            let text =
                                format!("a message for {}: {}", queue.as_str(), unread.why());
                            self.violate("8 nothing crashes", text);
                        }
                    }
                    self.come_back(20, round, index, Outcome::Done(Vec::new()));
                }
            }
        }
        if !rows.is_empty() {
            self.send_d1(round, rows);
        }
    }

    /// The outcome of an entry will come back, `wait` from now.
    fn come_back(&mut self, wait: Millis, round: u64, index: usize, outcome: Outcome) {
        self.after(wait, Happening::Outcome(round, index, Box::new(outcome)));
    }

    fn send_d1(&mut self, round: u64, rows: Vec<(usize, Summary)>) {
        // Of thousands that write, one would always find it down.
        if self.weeks.is_none() {
            self.maybe_lose_d1();
        }
        if self.clock.world() < self.d1_down {
            let wait = self.random.between(10, 2_000);
            return self.fail_d1(round, &rows, wait, "D1 is down");
        }
        let unheard = |rows: &[(usize, Summary)]| {
            Happening::D1(rows.iter().map(|(_, row)| (None, row.clone())).collect())
        };
        if self.faults.strikes(Fault::D1Unknown) {
            let count = self.random.index(rows.len() + 1);
            self.after(20, unheard(&rows[..count]));
            return self.fail_d1(round, &rows, DEADLINE_MS, "no answer in time");
        }
        if self.faults.strikes(Fault::D1Slow) {
            self.after(30_000, unheard(&rows));
            return self.fail_d1(round, &rows, DEADLINE_MS, "no answer in time");
        }
        let wait = self.random.between(1, 50);
        let heard = rows.into_iter().map(|(index, row)| (Some((round, index)), row)).collect();
        self.after(wait, Happening::D1(heard));
    }

    /// D1 may go down for a while.
    pub(super) fn maybe_lose_d1(&mut self) {
        if self.faults.strikes(Fault::D1Down) {
            self.say("D1 goes down for an hour");
            self.d1_down = self.clock.world() + HOUR_MS;
        }
    }

    fn fail_d1(&mut self, round: u64, rows: &[(usize, Summary)], wait: Millis, why: &str) {
        for (index, _) in rows {
            self.come_back(wait, round, *index, Outcome::Failed { why: why.into() });
        }
    }

    /// D1 gets rows.
    pub(super) fn write_d1(&mut self, rows: Vec<(Option<(u64, usize)>, Summary)>) {
        for (waiting, row) in rows {
            self.say(format_args!("D1 {:?} {} v{}", row.table, row.id, row.version));
            if let Err(error) = self.d1.upsert(&row) {
                self.violate("6 D1 equals the actors", format!("D1 refuses {row:?}: {error}"));
            }
            if let Some((round, index)) = waiting {
                self.come_back(1, round, index, Outcome::Done(Vec::new()));
            }
        }
    }

    /// Requests go to somebody's server.
    fn post_all(&mut self, name: &Name, round: u64, index: usize, jobs: &[PostJob]) {
        let mut posted = Vec::new();
        // The host waits for all of them.
        let mut longest = 0;
        for job in jobs {
            let fate = self.answer_post(job);
            let took_ms = match fate {
                PostFate::Answered { .. } => self.random.between(10, PATIENCE_MS),
                PostFate::Unanswered { .. } => PATIENCE_MS,
            };
            longest = longest.max(took_ms);
            self.say(format_args!("{} posts {}: {fate:?}", short(name), job.id));
            let status = match fate {
                PostFate::Answered { status, .. } => Some(status),
                PostFate::Unanswered { .. } => None,
            };
            self.take_post(name, job, status);
            posted.push(Posted { id: job.id.clone(), asked_at: job.asked_at, fate, took_ms });
        }
        self.come_back(longest, round, index, Outcome::Posted(posted));
    }

    /// What a receiver does with a request: one of them goes away for good after a while, one never
    /// answers, the others do unless something is wrong.
    fn answer_post(&mut self, job: &PostJob) -> PostFate {
        let answered = |status, retry_after_ms| PostFate::Answered {
            status,
            answer: String::new(),
            retry_after_ms,
        };
        let silent = job.url.contains("silent.");
        if silent || self.faults.strikes(Fault::ReceiverDown) {
            return PostFate::Unanswered { why: "no answer in time".into() };
        }
        if job.url.contains("gone.") {
            self.posts_to_gone += 1;
            if self.posts_to_gone > 5 {
                self.mark("webhook receiver gone");
                return answered(410, None);
            }
        }
        if self.faults.strikes(Fault::ReceiverBusy) {
            let wait = self.random.between(1, 3_600_000);
            return answered(503, Some(wait));
        }
        answered(if self.faults.strikes(Fault::ReceiverRefuses) { 500 } else { 204 }, None)
    }

    /// A mail goes to its server.
    fn hand_over(&mut self, name: &Name, round: u64, index: usize, job: &MailJob) {
        self.check_mail(name, (round, index), job);
        let verdict = if self.faults.strikes(Fault::MailUnreachable) {
            Verdict::Unreachable
        } else if self.faults.strikes(Fault::MailFull) {
            Verdict::Full
        } else if self.faults.strikes(Fault::MailRefusedForNow) {
            Verdict::RefusedForNow
        } else if self.faults.strikes(Fault::MailRefused) {
            Verdict::Refused
        } else if self.faults.strikes(Fault::MailAnswerLost) {
            if self.random.chance(500) { Verdict::AcceptedUnheard } else { Verdict::DroppedUnheard }
        } else {
            Verdict::Accepted
        };
        let verdict = self.at_the_recipient(job, verdict);
        let refused = match verdict {
            Verdict::Accepted => self.refuse_some(job),
            _ => Vec::new(),
        };
        self.say(format_args!("mail {} from {}: {verdict:?}", job.send_id, short(name)));
        let but: Vec<String> = refused.iter().map(|one| one.address.clone()).collect();
        if let Err(why) = self.post.take(&job.send_id, &job.to, &but, verdict) {
            self.violate("3 a mail leaves once", why);
        }
        self.envelope(name, job, verdict);
        let is_read = self.weeks.is_none();
        if is_read && matches!(verdict, Verdict::Accepted | Verdict::AcceptedUnheard) {
            self.keep_copy(name, job);
        }
        let wait = match verdict {
            Verdict::AcceptedUnheard | Verdict::DroppedUnheard => 60_000,
            _ => self.random.between(50, 5_000),
        };
        let outcome = Outcome::Mail(self.say_verdict(verdict, refused));
        self.come_back(wait, round, index, outcome);
    }

    /// Of several recipients, those that a server does not take: never all of them.
    fn refuse_some(&mut self, job: &MailJob) -> Vec<RefusedRecipient> {
        if job.to.len() < 2 || !self.faults.strikes(Fault::MailRefusesSome) {
            return Vec::new();
        }
        let count = self.random.index(job.to.len() - 1) + 1;
        let mut refused = Vec::new();
        for address in &job.to[job.to.len() - count..] {
            let is_off = self.random.chance(800);
            self.mark(if is_off { "recipient put off" } else { "recipient refused" });
            let (code, enhanced) = if is_off { (451, "4.7.1") } else { (550, "5.1.1") };
            let (enhanced, text) = (Some(enhanced.to_owned()), "not this one".to_owned());
            refused.push(RefusedRecipient { address: address.clone(), code, enhanced, text });
        }
        refused
    }

    fn say_verdict(&mut self, verdict: Verdict, refused: Vec<RefusedRecipient>) -> MailOutcome {
        match verdict {
            Verdict::Accepted => {
                MailOutcome::Accepted { reply: "250 2.0.0 queued".into(), refused }
            }
            Verdict::Full => MailOutcome::Busy { why: "others leave first".into() },
            Verdict::Unreachable => MailOutcome::NotSent { why: "connection refused".into() },
            Verdict::RefusedForNow => MailOutcome::Refused {
                code: 451,
                enhanced: Some("4.7.1".into()),
                text: "greylisted".into(),
                permanent: false,
                recipient: true,
            },
            Verdict::Refused | Verdict::NoSuchMailbox => MailOutcome::Refused {
                code: 550,
                enhanced: Some("5.1.1".into()),
                text: "no such mailbox".into(),
                permanent: true,
                recipient: verdict == Verdict::NoSuchMailbox || self.random.chance(700),
            },
            Verdict::AcceptedUnheard | Verdict::DroppedUnheard => {
                MailOutcome::Unknown { why: "no answer after the data".into() }
            }
        }
    }
}
