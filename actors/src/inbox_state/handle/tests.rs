//! The inbox on the bench: the warm-up counter is the real one, transport and prospect are played.

use crate::inbox_state::Core;
use crate::kernel::testing::{Bench, Seeded, WORKSPACE, agent, system};
use crate::kernel::{Effect, Entry, MailOutcome, Outcome};
use crate::warmup_counter;
use schema::ids::{InboxId, ProspectId, SendId};
use schema::inbox::*;
use schema::prospect::{Denial, Fate, PermitReply, ProspectCommand, Reason};
use schema::report::{
    MailReported, RecordReport, ReportClass, ReportNoted, ReportReason, ReportedRecipient,
    SendReport,
};
use schema::room::RoomCommand;
use schema::{Answer, Code, Envelope, Millis, Reject, Role};
use uuid::Uuid;

mod comments;
mod copies;
mod deferred;
mod deliveries;
mod domains;
mod health;
mod microsoft;
mod microsoft_mailbox;
mod microsoft_trouble;
mod reports;
mod subscription;

const DAY: Millis = 24 * 3_600_000;

/// The inbox, its warm-up counter, and what the world saw.
struct Scene {
    inbox: Bench<Core>,
    warmup: Bench<warmup_counter::Core>,
    mails: Vec<String>,
    /// Whom each was handed over for.
    handed: Vec<Vec<String>>,
    /// The last mail, as it left.
    content: String,
    records: Vec<Fate>,
    /// Identities that were suppressed, and why.
    suppressed: Vec<(String, Reason)>,
    permits: usize,
    /// What the room was told that a relay reports, and under which keys.
    told: Vec<(String, MailReported)>,
}

fn id() -> InboxId {
    InboxId(Uuid::from_u128(7))
}

fn registration(warmup: bool) -> RegisterInbox {
    RegisterInbox {
        email: "Ann@Example.com".into(),
        display_name: "Ann Lee".into(),
        transport: Transport::Smtp(SmtpTransport {
            host: "smtp.example.com".into(),
            port: 587,
            security: Security::Starttls,
            username: "ann@example.com".into(),
            sealed_password: b"sealed-hunter2".to_vec(),
        }),
        warmup,
        time_zone: "Europe/Rome".into(),
    }
}

fn new_mail() -> NewMail {
    NewMail {
        to: vec!["Bob@Example.org".into()],
        cc: Vec::new(),
        subject: "Hello".into(),
        text: "Hi Bob".into(),
        html: None,
        in_reply_to: None,
        references: Vec::new(),
        prospect: None,
        automatic: false,
        files: Vec::new(),
        reply_tag: None,
        leave_by: None,
        opt_out_url: None,
    }
}

/// A mail to somebody else for each number.
fn mail_to(n: usize) -> NewMail {
    NewMail { to: vec![format!("Bob{n}@example.org")], ..new_mail() }
}

/// A mail of outreach to somebody else for each number, each at another domain: one domain gets few
/// at once.
fn outreach_to(n: usize) -> NewMail {
    NewMail { to: vec![format!("bob{n}@d{n}.example")], ..outreach() }
}

fn accepted() -> Outcome {
    Outcome::Mail(MailOutcome::Accepted { reply: "250 ok".into(), refused: Vec::new() })
}

fn refused(code: u16, enhanced: &str, recipient: bool) -> Outcome {
    Outcome::Mail(MailOutcome::Refused {
        code,
        enhanced: Some(enhanced.into()).filter(|text: &String| !text.is_empty()),
        text: "no".into(),
        permanent: code >= 500,
        recipient,
    })
}

impl Scene {
    fn new(warmup: bool) -> Self {
        let name = format!("{WORKSPACE}/{}", id());
        let mut scene = Self {
            inbox: Bench::new(name.clone()),
            warmup: Bench::new(name),
            mails: Vec::new(),
            handed: Vec::new(),
            content: String::new(),
            records: Vec::new(),
            suppressed: Vec::new(),
            permits: 0,
            told: Vec::new(),
        };
        let register = InboxCommand::Register(registration(warmup));
        scene.inbox.call(&agent(1, Role::Admin), None, &register).expect("registered");
        scene.run(accepted);
        scene
    }

    fn ask(&mut self, command: InboxCommand) -> Result<serde_json::Value, Reject> {
        self.inbox.call(&agent(1, Role::Admin), None, &command)
    }

    fn send(&mut self, key: &str, mail: NewMail) -> SendView {
        let command = InboxCommand::Send(SendMail { key: key.into(), mail });
        let reply = self.ask(command).expect("taken");
        serde_json::from_value(reply).expect("a view")
    }

    fn get(&mut self, send_id: SendId) -> SendView {
        let reply = self.ask(InboxCommand::GetSend(GetSend { send_id })).expect("a send");
        serde_json::from_value(reply).expect("a view")
    }

    fn status(&mut self) -> InboxView {
        let reply = self.ask(InboxCommand::Status(GetInbox {})).expect("a status");
        serde_json::from_value(reply).expect("a view")
    }

    /// Reports as Postroom itself does; tells what it changed.
    fn report(&mut self, report: RecordReport) -> Result<Option<SendReport>, Code> {
        let command = InboxCommand::RecordReport(report);
        let reply = self.inbox.call(&system(), None, &command).map_err(|reject| reject.code)?;
        let noted: ReportNoted = serde_json::from_value(reply).expect("a note");
        Ok(noted.report)
    }

    fn run(&mut self, mail: impl FnMut() -> Outcome) {
        self.run_with(mail, || PermitReply::Granted { valid_until: None });
    }

    fn run_with(
        &mut self,
        mut mail: impl FnMut() -> Outcome,
        mut permit: impl FnMut() -> PermitReply,
    ) {
        self.warmup.now = self.inbox.now;
        let Self { inbox, warmup, mails, handed, content, records, suppressed, permits, told } =
            self;
        inbox.drain(|_: &Entry, effect| match effect {
            Effect::Mail(job) => {
                mails.push(job.send_id.clone());
                handed.push(job.to.clone());
                *content = String::from_utf8_lossy(&job.content).into_owned();
                mail()
            }
            Effect::Call { actor: schema::ActorKind::WarmupCounter, key, command, .. } => {
                let mut envelope =
                    Envelope::new(&*warmup.instance, system(), Some(key.clone()), &());
                envelope.command.clone_from(command);
                match warmup.answer(&envelope.encode()) {
                    Answer::Done { json, .. } => Outcome::Done(json),
                    Answer::Rejected(reject) => Outcome::Rejected(reject),
                }
            }
            Effect::Call { actor: schema::ActorKind::WorkspaceRoom, key, command, .. } => {
                match schema::codec::read_json(command).expect("a command of the room") {
                    RoomCommand::NoteReport(report) => told.push((key.clone(), report)),
                    other => panic!("{other:?}"),
                }
                Outcome::Done(b"{}".to_vec())
            }
            Effect::Call { command, .. } => {
                match schema::codec::read_json(command).expect("a prospect command") {
                    ProspectCommand::Permit(_) => {
                        *permits += 1;
                        Outcome::Done(serde_json::to_vec(&permit()).expect("JSON"))
                    }
                    ProspectCommand::Record(record) => {
                        records.push(record.fate);
                        Outcome::Done(br#"{"here":{}}"#.to_vec())
                    }
                    ProspectCommand::Suppress(suppress) => {
                        let identity = suppress.identity.expect("an identity");
                        suppressed.push((identity, suppress.reason));
                        Outcome::Done(br#"{"here":{}}"#.to_vec())
                    }
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other:?}"),
        });
    }

    /// All that is kept of the inbox and its mails.
    fn rows(&self) -> Vec<String> {
        let connection = self.inbox.home.connection();
        let mut all = Vec::new();
        for table in ["inbox", "ledger", "outbox", "timers", "events", "complaints", "deliveries"] {
            let mut every = connection.prepare(&format!("select * from {table}")).expect("a table");
            let columns = every.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                let cells = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at));
                Ok(format!("{table} {:?}", cells.collect::<Result<Vec<_>, _>>()?))
            };
            all.extend(every.query_map([], row).expect("rows").map(|row| row.expect("a row")));
        }
        all
    }

    /// Fires alarms until a time has come.
    fn until(&mut self, at: Millis) {
        for _ in 0..1_000 {
            if self.inbox.home.alarm().is_none_or(|alarm| alarm > at) {
                break;
            }
            self.inbox.fire_alarm();
            self.run(accepted);
        }
        self.inbox.now = at;
    }
}

fn told(class: ReportClass) -> ReportedRecipient {
    ReportedRecipient {
        address: "BOB@example.org".into(),
        original_address: None,
        class,
        reason: match class {
            ReportClass::Complaint => ReportReason::Feedback,
            _ => ReportReason::UserUnknown,
        },
        status: Some("5.1.1".into()),
        reply_code: Some(550),
        diagnostic: "550 5.1.1 no such user".into(),
    }
}

fn told_by(n: usize, class: ReportClass) -> ReportedRecipient {
    ReportedRecipient { address: format!("bob{n}@example.org"), ..told(class) }
}

fn about(send_id: SendId, recipient: ReportedRecipient) -> RecordReport {
    let recipients = vec![recipient];
    RecordReport { send_id: Some(send_id), message_id: None, recipients, is_proven: true }
}

fn outreach() -> NewMail {
    let prospect_id = ProspectId(Uuid::from_u128(9));
    NewMail {
        prospect: Some(Outreach { prospect_id, campaign: "spring".into(), step: 1 }),
        ..new_mail()
    }
}

#[test]
fn a_mail_that_no_person_wrote_says_so() {
    let mut scene = Scene::new(true);
    for automatic in [false, true] {
        scene.send(&format!("automatic: {automatic}"), NewMail { automatic, ..new_mail() });
        scene.run(accepted);
        let says = scene.content.contains("\r\nAuto-Submitted: auto-generated\r\n");
        assert_eq!(says, automatic, "{}", scene.content);
    }
    // A key holds for ever: the hash of a mail does not change with a field that it has not.
    let written = String::from_utf8(schema::codec::to_json(&new_mail())).expect("JSON");
    assert!(!written.contains("automatic") && !written.contains("files"), "{written}");
}

#[test]
fn a_mail_leaves_once_for_its_key_for_ever() {
    let mut scene = Scene::new(true);
    let first = scene.send("k1", new_mail());
    scene.run(accepted);
    let sent = scene.get(first.id);
    assert_eq!((sent.state, sent.attempts), (SendState::Sent, 1));
    assert_eq!(sent.message_id, format!("{}@example.com", first.id));
    scene.until(scene.inbox.now + 40 * DAY);
    scene.inbox.restart();
    assert_eq!(scene.send("k1", new_mail()).id, first.id);
    scene.run(accepted);
    assert_eq!(scene.mails.len(), 1);
    let other = NewMail { subject: "Other".into(), ..new_mail() };
    let command = InboxCommand::Send(SendMail { key: "k1".into(), mail: other });
    assert_eq!(scene.ask(command).map_err(|reject| reject.code), Err(Code::KeyReused));
    assert_eq!(scene.inbox.count("bodies"), 0, "what was said is forgotten, the key is not");
}

#[test]
fn a_week_one_inbox_sends_five_a_day_and_the_rest_waits_for_midnight() {
    let mut scene = Scene::new(true);
    for n in 0..60 {
        scene.send(&format!("k{n}"), new_mail());
    }
    scene.run(accepted);
    assert_eq!(scene.mails.len(), 5);
    assert_eq!(scene.status().waiting, 55);
    // 2026-11-03 00:00 in Rome.
    scene.until(1_793_660_400_000 - 1);
    assert_eq!(scene.mails.len(), 5);
    scene.until(1_793_660_400_000 + 60_000);
    assert_eq!(scene.mails.len(), 10);
    scene.until(1_793_660_400_000 + 5 * DAY + 60_000);
    assert_eq!(scene.mails.len(), 35);
    let mut order = scene.mails.clone();
    order.sort_unstable();
    order.dedup();
    assert_eq!(order.len(), 35);
}

#[test]
fn a_crash_before_the_transports_answer_is_unknown_counted_and_never_sent_again() {
    let mut scene = Scene::new(true);
    let send = scene.send("k1", outreach());
    for _ in 0..20 {
        let begun = scene.inbox.begin();
        if let Some((_, effect)) =
            begun.iter().find(|(_, effect)| matches!(effect, Effect::Mail(_)))
        {
            assert!(matches!(effect, Effect::Mail(_)));
            break;
        }
        for (entry, effect) in begun {
            let outcome = match &effect {
                Effect::Call { actor: schema::ActorKind::WarmupCounter, key, command, .. } => {
                    let name = scene.warmup.instance.clone();
                    let mut envelope = Envelope::new(name, system(), Some(key.clone()), &());
                    envelope.command.clone_from(command);
                    match scene.warmup.answer(&envelope.encode()) {
                        Answer::Done { json, .. } => Outcome::Done(json),
                        Answer::Rejected(reject) => Outcome::Rejected(reject),
                    }
                }
                Effect::Call { .. } => {
                    let granted = PermitReply::Granted { valid_until: None };
                    Outcome::Done(serde_json::to_vec(&granted).expect("JSON"))
                }
                _ => Outcome::Done(Vec::new()),
            };
            scene.inbox.settle(&entry, &outcome);
        }
    }
    assert_eq!(scene.get(send.id).state, SendState::Sending);
    scene.inbox.restart();
    scene.until(scene.inbox.now + 3 * DAY);
    assert_eq!(scene.get(send.id).state, SendState::Unknown);
    assert!(scene.mails.is_empty(), "nothing leaves a second time");
    assert_eq!(scene.records, [Fate::Unknown]);
    let status = scene.status();
    assert_eq!((status.unknown, status.sent, status.health.sends), (1, 1, 1));
    let sent: i64 = scene
        .warmup
        .home
        .connection()
        .query_row("select sum(sent) from days", [], |row| row.get(0))
        .expect("days");
    assert_eq!(sent, 1, "counted");
    let resolve =
        |outcome| InboxCommand::ResolveUnknown(ResolveUnknown { send_id: send.id, outcome });
    let by_itself = scene.inbox.call(&system(), None, &resolve(Resolution::Sent));
    assert_eq!(by_itself.map_err(|reject| reject.code), Err(Code::Forbidden));
    scene.ask(resolve(Resolution::NotSent)).expect("resolved");
    scene.until(scene.inbox.now + 3 * DAY);
    assert_eq!(scene.get(send.id).state, SendState::Failed);
    assert_eq!((scene.mails.len(), scene.status().sent), (0, 0));
    assert_eq!(scene.records, [Fate::Unknown, Fate::Failed]);
}

#[test]
fn what_did_not_leave_is_tried_again_and_at_last_fails() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    let not_sent = || Outcome::Mail(MailOutcome::NotSent { why: "refused".into() });
    scene.run(not_sent);
    for _ in 0..40 {
        scene.inbox.fire_alarm();
        scene.run(not_sent);
    }
    let view = scene.get(send.id);
    assert_eq!((view.state, view.attempts), (SendState::Failed, 10));
    assert_eq!((scene.mails.len(), scene.permits), (10, 10), "permission is asked each time");
    assert_eq!(scene.records, [Fate::Failed]);
    assert_eq!(scene.status().health.sends, 0);
}

#[test]
fn refusals_are_told_apart() {
    for (outcome, state, fate) in [
        (refused(550, "5.1.1", true), SendState::Bounced, Some(Fate::HardBounced)),
        (refused(550, "5.7.1", true), SendState::Bounced, Some(Fate::Failed)),
        (refused(550, "5.2.2", true), SendState::Bounced, Some(Fate::Failed)),
        (refused(550, "", true), SendState::Bounced, Some(Fate::HardBounced)),
        (refused(554, "", true), SendState::Bounced, Some(Fate::Failed)),
        (refused(554, "", false), SendState::Failed, Some(Fate::Failed)),
        (refused(451, "4.7.1", true), SendState::Reserved, None),
        (refused(535, "5.7.8", false), SendState::Reserved, None),
    ] {
        let mut scene = Scene::new(true);
        let send = scene.send("k1", outreach());
        scene.run(|| outcome.clone());
        assert_eq!(scene.get(send.id).state, state, "{outcome:?}");
        assert_eq!(scene.records, fate.into_iter().collect::<Vec<_>>());
        let login = matches!(&outcome, Outcome::Mail(MailOutcome::Refused { code: 535, .. }));
        assert_eq!(scene.status().status == InboxStatus::Paused, login);
    }
}

#[test]
fn a_prospect_that_says_no_is_not_written_to_and_its_slot_is_free() {
    let mut scene = Scene::new(true);
    let send = scene.send("k1", outreach());
    let no = || PermitReply::Denied { reason: Denial::OptOut, retry_after_ms: None };
    scene.run_with(accepted, no);
    let view = scene.get(send.id);
    assert_eq!((view.state, view.error.as_deref()), (SendState::Refused, Some("opt_out")));
    assert!(scene.mails.is_empty());
    for n in 0..6 {
        scene.send(&format!("next{n}"), new_mail());
    }
    scene.run(accepted);
    assert_eq!(scene.mails.len(), 5);
}

#[test]
fn an_opt_out_between_two_tries_stops_the_mail_and_frees_the_step() {
    let mut scene = Scene::new(true);
    let send = scene.send("k1", outreach());
    scene.run(|| Outcome::Mail(MailOutcome::NotSent { why: "no route".into() }));
    assert_eq!(scene.mails.len(), 1);
    scene.inbox.now += 3_600_000;
    scene.inbox.fire_alarm();
    let no = || PermitReply::Denied { reason: Denial::OptOut, retry_after_ms: None };
    scene.run_with(accepted, no);
    assert_eq!((scene.mails.len(), scene.get(send.id).state), (1, SendState::Refused));
    assert_eq!(scene.records, [Fate::Released]);
}

#[test]
fn a_prospect_that_moved_is_asked_where_it_is() {
    let mut scene = Scene::new(true);
    let send = scene.send("k1", outreach());
    let mut asked = 0;
    let mut moved = || {
        asked += 1;
        if asked == 1 {
            return PermitReply::Moved { to: ProspectId(Uuid::from_u128(10)) };
        }
        PermitReply::Granted { valid_until: None }
    };
    for _ in 0..3 {
        scene.run_with(accepted, &mut moved);
        scene.inbox.now += 1_000;
        scene.inbox.fire_alarm();
    }
    assert_eq!(scene.get(send.id).state, SendState::Sent);
    assert_eq!((asked, scene.records.as_slice()), (2, [Fate::Sent].as_slice()));
}

/// Random lives: answers of every kind, crashes between begin and settle, doubled alarms, clocks
/// that jump. What the transport accepted is the truth to check against.
#[test]
fn no_mail_is_accepted_twice_and_no_day_has_more_than_its_allowance() {
    for seed in 0..40 {
        let mut dice = Seeded(seed);
        let mut scene = Scene::new(true);
        let zone = warmup_counter::zone::Zone::named("Europe/Rome").expect("a zone");
        let mut accepted_ids = Vec::new();
        let mut per_day = std::collections::BTreeMap::<i64, i64>::new();
        let mut clock = scene.inbox.now;
        for step in 0..250 {
            match dice.below(9) {
                0 | 1 => {
                    let key = format!("k{}", dice.below(60));
                    let mail = if dice.below(2) == 0 { new_mail() } else { outreach() };
                    let command = InboxCommand::Send(SendMail { key, mail });
                    let _ = scene.ask(command);
                }
                2 => scene.inbox.now += dice.below(8 * 3_600_000) as Millis,
                3 if dice.below(3) == 0 => scene.inbox.now -= dice.below(30 * 3_600_000) as Millis,
                4 => scene.inbox.restart(),
                5 => {
                    let Scene { inbox, warmup, .. } = &mut scene;
                    inbox.restart();
                    warmup.restart();
                }
                6 => {
                    scene.inbox.fire_alarm();
                }
                7 if scene.status().status == InboxStatus::Paused => {
                    scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
                }
                _ => {}
            }
            clock = clock.max(scene.inbox.now);
            // Both objects of an inbox live by one clock here.
            scene.inbox.now = clock;
            scene.warmup.now = clock;
            for (entry, effect) in scene.inbox.begin() {
                let outcome = match &effect {
                    Effect::Mail(job) => match dice.below(8) {
                        0..4 => {
                            accepted_ids.push(job.send_id.clone());
                            *per_day.entry(zone.day_at(clock)).or_default() += 1;
                            // Sometimes nobody lives to hear it.
                            if dice.below(4) == 0 {
                                continue;
                            }
                            accepted()
                        }
                        4 => refused(550, "5.1.1", true),
                        5 => refused(451, "4.2.0", true),
                        6 => Outcome::Mail(MailOutcome::NotSent { why: "no".into() }),
                        _ => Outcome::Mail(MailOutcome::Unknown { why: "late".into() }),
                    },
                    Effect::Call {
                        actor: schema::ActorKind::WarmupCounter, key, command, ..
                    } => {
                        let name = scene.warmup.instance.clone();
                        let mut envelope = Envelope::new(name, system(), Some(key.clone()), &());
                        envelope.command.clone_from(command);
                        let answer = scene.warmup.answer(&envelope.encode());
                        match answer {
                            _ if dice.below(5) == 0 => Outcome::Failed { why: "lost".into() },
                            Answer::Done { json, .. } => Outcome::Done(json),
                            Answer::Rejected(reject) => Outcome::Rejected(reject),
                        }
                    }
                    Effect::Call { .. } => {
                        let granted = PermitReply::Granted { valid_until: None };
                        Outcome::Done(serde_json::to_vec(&granted).expect("JSON"))
                    }
                    _ => Outcome::Done(Vec::new()),
                };
                scene.inbox.settle(&entry, &outcome);
            }
            let mut unique = accepted_ids.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), accepted_ids.len(), "seed {seed} step {step}");
            let first = zone.day_at(crate::kernel::testing::START_MS);
            for (day, count) in &per_day {
                let most = schema::warmup::allowance((day - first) / 7 + 1);
                assert!(*count <= most, "seed {seed} step {step} day {day}: {count}");
            }
        }
        assert!(!accepted_ids.is_empty(), "seed {seed} sent nothing");
    }
}

#[test]
fn a_taken_back_mail_gives_its_slot_back_and_one_under_way_cannot_be() {
    let mut scene = Scene::new(true);
    let sends: Vec<SendView> = (0..7).map(|n| scene.send(&format!("k{n}"), new_mail())).collect();
    let cancel = |send: &SendView| InboxCommand::CancelSend(GetSend { send_id: send.id });
    scene.ask(cancel(&sends[0])).expect("taken back");
    scene.run(accepted);
    assert_eq!(scene.mails.len(), 5);
    assert_eq!(scene.get(sends[0].id).state, SendState::Cancelled);
    let late = scene.ask(cancel(&sends[1])).map_err(|reject| reject.code);
    assert_eq!(late, Err(Code::Conflict));
}

#[test]
fn a_mail_is_not_begun_where_it_might_leave_after_midnight() {
    let mut scene = Scene::new(true);
    let midnight = 1_793_660_400_000;
    scene.inbox.now = midnight - 60_000;
    let send = scene.send("k1", new_mail());
    scene.run(accepted);
    assert_eq!((scene.mails.len(), scene.get(send.id).state), (0, SendState::Queued));
    scene.until(midnight + 60_000);
    assert_eq!(scene.get(send.id).state, SendState::Sent);
    let days: Vec<(i64, i64)> = {
        let connection = scene.warmup.home.connection();
        let mut rows =
            connection.prepare("select reserved, sent from days order by day").expect("");
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("days");
        rows.map(|row| row.expect("a day")).collect()
    };
    assert_eq!(days, [(0, 0), (0, 1)]);
}

#[test]
fn the_sealed_password_is_in_no_reply_event_or_row() {
    let mut scene = health::with_bounces(21, 3);
    let again = scene.ask(InboxCommand::Register(registration(false))).expect("the same");
    let mut told = again.to_string();
    told += &format!("{:?}", scene.status());
    told += &format!("{:?}", scene.inbox.rows);
    told += &format!("{:?}", scene.inbox.turn.events);
    told += &format!("{:?}", registration(false));
    let bytes = format!("{:?}", b"sealed-hunter2");
    assert!(!told.contains("hunter2") && !told.contains(bytes.trim_matches(['[', ']'])));
    let mut other = registration(false);
    other.display_name = "Bob".into();
    let other = scene.ask(InboxCommand::Register(other)).map_err(|reject| reject.code);
    assert_eq!(other, Err(Code::Conflict));
}

#[test]
fn bad_mails_are_refused_and_change_nothing() {
    let mut scene = Scene::new(true);
    let many: Vec<String> = (0..51).map(|n| format!("a{n}@example.org")).collect();
    let bad: Vec<(NewMail, Code)> = vec![
        (NewMail { to: vec![], ..new_mail() }, Code::InvalidInput),
        (NewMail { to: many, ..new_mail() }, Code::InvalidInput),
        (NewMail { to: vec!["a@b.co\r\nBcc: x@y.zz".into()], ..new_mail() }, Code::InvalidInput),
        (NewMail { cc: vec!["nobody".into()], ..new_mail() }, Code::InvalidInput),
        (NewMail { subject: "a\r\nBcc: x@y.zz".into(), ..new_mail() }, Code::InvalidInput),
        (NewMail { subject: "x".repeat(999), ..new_mail() }, Code::InvalidInput),
        (NewMail { text: " \n".into(), ..new_mail() }, Code::InvalidInput),
        (NewMail { text: "x".repeat(BODY_BYTES_MAX + 1), ..new_mail() }, Code::TooLarge),
        (NewMail { references: vec!["a\nb".into()], ..new_mail() }, Code::InvalidInput),
        (NewMail { cc: vec!["c@example.org".into()], ..outreach() }, Code::InvalidInput),
    ];
    for (mail, code) in bad {
        let command = InboxCommand::Send(SendMail { key: "k".into(), mail: mail.clone() });
        assert_eq!(scene.ask(command).map_err(|reject| reject.code), Err(code), "{mail:?}");
    }
    for key in ["", " ", "a\nb"] {
        let command = InboxCommand::Send(SendMail { key: key.into(), mail: new_mail() });
        assert_eq!(scene.ask(command).map_err(|reject| reject.code), Err(Code::InvalidInput));
    }
    let command = InboxCommand::Send(SendMail { key: "k".into(), mail: new_mail() });
    let viewer = scene.inbox.call(&agent(3, Role::Viewer), None, &command);
    assert_eq!(viewer.map_err(|reject| reject.code), Err(Code::Forbidden));
    assert_eq!(scene.inbox.count("ledger"), 0);
    let mut fresh = Bench::<Core>::new(format!("{WORKSPACE}/{}", InboxId(Uuid::from_u128(8))));
    let none = fresh.call(&system(), None, &command).map_err(|reject| reject.code);
    assert_eq!(none, Err(Code::NotFound));
}
