//! The inbox on the bench: the warm-up counter is the real one; transport, prospect and the
//! deployment's suppression list are played.

use crate::inbox_state::Core;
use crate::kernel::testing::{Bench, Seeded, WORKSPACE, agent, system};
use crate::kernel::{Effect, Entry, MailOutcome, Outcome};
use crate::warmup_counter;
use schema::alert::Alert;
use schema::codec::to_json;
use schema::ids::{InboxId, ProspectId, SendId};
use schema::inbox::*;
use schema::limiter::LimiterCommand;
use schema::pipeline::{Queue, Work};
use schema::prospect::{Denial, Fate, PermitReply, ProspectCommand, Reason};
use schema::report::{
    MailReported, RecordReport, ReportClass, ReportNoted, ReportReason, ReportedRecipient,
    SendReport,
};
use schema::room::RoomCommand;
use schema::suppression::{Suppressed, SuppressionsCommand};
use schema::{Code, Millis, Reject, Role};
use uuid::Uuid;

mod alerts;
mod comments;
mod complaints;
mod copies;
mod deferred;
mod deliveries;
mod domains;
mod health;
mod microsoft;
mod microsoft_mailbox;
mod microsoft_sends;
mod microsoft_trouble;
mod once;
mod refusals;
mod reports;
mod screen;
mod slots;
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
    /// Whom the deployment's suppression list has.
    listed: Vec<String>,
    /// Whether it gives no answer.
    list_is_away: bool,
    /// How often it was asked.
    screenings: usize,
    /// What the room was told that a relay reports, and under which keys.
    told: Vec<(String, MailReported)>,
    /// What operators were told.
    alerts: Vec<Alert>,
}

/// What a message for operators says.
pub fn alert_of(body: &[u8]) -> Alert {
    match Work::read(Queue::InboundQueue, body).expect("a message") {
        Work::Alert(alert) => alert,
        other => panic!("{other:?}"),
    }
}

/// What the deployment's suppression list says to a question, where it has these addresses.
fn screened(command: &[u8], listed: &[String]) -> Outcome {
    let command = schema::codec::read_json(command).expect("a command");
    let LimiterCommand::Suppressions(SuppressionsCommand::Ask(asked)) = command else {
        panic!("{command:?}")
    };
    let suppressed = listed.iter().any(|one| one.eq_ignore_ascii_case(&asked.address));
    Outcome::Done(to_json(&Suppressed { suppressed }))
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
            listed: Vec::new(),
            list_is_away: false,
            screenings: 0,
            told: Vec::new(),
            alerts: Vec::new(),
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
        let Self { inbox, warmup, mails, handed, content, records, suppressed, .. } = self;
        let (permits, told, alerts) = (&mut self.permits, &mut self.told, &mut self.alerts);
        let (screenings, listed, is_away) = (&mut self.screenings, &self.listed, self.list_is_away);
        inbox.drain(|_: &Entry, effect| match effect {
            Effect::Mail(job) => {
                mails.push(job.send_id.clone());
                handed.push(job.to.clone());
                *content = String::from_utf8_lossy(&job.content).into_owned();
                mail()
            }
            Effect::Call { actor: schema::ActorKind::WarmupCounter, key, command, .. } => {
                warmup.take_call(key, command)
            }
            Effect::Call { actor: schema::ActorKind::RateLimiter, command, .. } => {
                *screenings += 1;
                if is_away {
                    return Outcome::Failed { why: "no answer in time".into() };
                }
                screened(command, listed)
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
            Effect::Queue { body, .. } => {
                alerts.push(alert_of(body));
                Outcome::Done(Vec::new())
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
