//! An inbox that sends through a mailbox at Microsoft, which is played: it takes drafts, and sends
//! each once.

use super::*;
use crate::mail::graph::{
    Draft, Fate as DraftFate, GraphError, MicrosoftJob, MicrosoftOutcome, SealedTokens, Task,
    TokenError,
};
use crate::mail::mailbox::{MailboxRead, ReadEnd};
use schema::ActorKind;
use schema::mailbox::DisconnectMailbox;
use schema::microsoft::ConnectMicrosoft;
use std::collections::BTreeMap;

pub(super) const HOUR: Millis = 3_600_000;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Nothing,
    /// Carried out, and the answer lost.
    Lost,
    /// Not carried out, and no answer.
    Cut,
    /// The object dies before it hears.
    Died,
    Throttled(Option<u64>),
    Over,
    Denied,
    /// The deployment is not set up: nothing is asked.
    NotTried,
}

/// The mailbox, and what it saw.
#[derive(Default)]
pub(super) struct Graph {
    /// Whether each draft was sent.
    pub(super) drafts: BTreeMap<String, bool>,
    /// Sent mails are nowhere to be seen.
    pub(super) hides: bool,
    /// Which subscriptions were to go on.
    pub(super) subscribed: Vec<Option<String>>,
    pub(super) has_address: bool,
    /// No subscription is given.
    pub(super) refuses: bool,
    /// Sent mails look like drafts.
    pub(super) is_slow: bool,
    pub(super) accepted: Vec<String>,
    pub(super) refreshes: usize,
    pub(super) asked: usize,
    pub(super) is_revoked: bool,
    /// The application's secret has expired.
    pub(super) is_expired: bool,
}

impl Graph {
    /// One that can reach the Worker, or cannot.
    pub(super) fn telling(has_address: bool) -> Self {
        Self { has_address, ..Self::default() }
    }

    fn answer(&mut self, job: &MicrosoftJob, wrong: Wrong) -> Option<MicrosoftOutcome> {
        self.asked += 1;
        let failed = |error| Some(MicrosoftOutcome::Failed(error));
        match wrong {
            Wrong::Cut => return failed(GraphError::Broken { text: "cut".into() }),
            Wrong::Throttled(retry_after_ms) => {
                return failed(GraphError::Throttled { status: 429, retry_after_ms });
            }
            Wrong::Over => return failed(GraphError::Unauthorized),
            Wrong::Denied => {
                let (code, text) = ("ErrorSendAsDenied".into(), "no".into());
                return failed(GraphError::Refused { status: 403, code, text });
            }
            Wrong::NotTried => {
                let why = "MICROSOFT_CLIENT_ID is not set".into();
                return Some(MicrosoftOutcome::NotTried { why });
            }
            Wrong::Nothing | Wrong::Lost | Wrong::Died => {}
        }
        let outcome = self.carry_out(job);
        match wrong {
            Wrong::Lost => failed(GraphError::Broken { text: "lost".into() }),
            Wrong::Died => None,
            _ => Some(outcome),
        }
    }

    pub(super) fn carry_out(&mut self, job: &MicrosoftJob) -> MicrosoftOutcome {
        match &job.task {
            Task::Refresh => {
                if self.is_revoked {
                    let code = "invalid_grant".into();
                    return MicrosoftOutcome::NoTokens(TokenError::Gone { code });
                }
                if self.is_expired {
                    let (code, text) = ("invalid_client".into(), "the secret has expired".into());
                    return MicrosoftOutcome::NoTokens(TokenError::Refused { code, text });
                }
                self.refreshes += 1;
                MicrosoftOutcome::Refreshed(SealedTokens {
                    access: format!("access {}", self.refreshes).into_bytes(),
                    refresh: Some(format!("refresh {}", self.refreshes).into_bytes()),
                    good_for_ms: HOUR,
                })
            }
            Task::Draft { .. } | Task::LargeDraft { .. } => {
                let id = format!("draft {}", self.drafts.len());
                self.drafts.insert(id.clone(), false);
                let message_id = format!("X{}@outlook.test", self.drafts.len());
                MicrosoftOutcome::Drafted(Draft { id, message_id })
            }
            Task::Send(draft) => {
                let is_sent = self.drafts.get_mut(&draft.id).expect("a draft");
                if std::mem::replace(is_sent, true) {
                    let (code, text) = ("ErrorInvalidOperation".into(), String::new());
                    return MicrosoftOutcome::Failed(GraphError::Refused {
                        status: 400,
                        code,
                        text,
                    });
                }
                self.accepted.push(draft.id.clone());
                MicrosoftOutcome::Sent
            }
            Task::Subscribe(asked) => {
                self.subscribed.push(asked.known.clone());
                if self.refuses {
                    let (code, text) = ("ExtensionError".to_owned(), String::new());
                    let refused = GraphError::Refused { status: 403, code, text };
                    return MicrosoftOutcome::Failed(refused);
                }
                match self.has_address {
                    true => {
                        let made = self.subscribed.iter().filter(|known| known.is_none()).count();
                        let known = asked.known.clone();
                        let id = known.unwrap_or_else(|| format!("s{made}"));
                        MicrosoftOutcome::Subscribed(id)
                    }
                    false => MicrosoftOutcome::NoAddress,
                }
            }
            Task::Look(draft) => MicrosoftOutcome::Found(match self.drafts[&draft.id] {
                true if self.hides => DraftFate::Nowhere,
                true if self.is_slow => DraftFate::Draft,
                true => DraftFate::Sent,
                false => DraftFate::Draft,
            }),
        }
    }
}

pub(super) fn connection() -> ConnectMicrosoft {
    ConnectMicrosoft {
        email: "Ann@Example.com".into(),
        display_name: "Ann Lee".into(),
        user_id: "oid".into(),
        sealed_access: b"access".to_vec(),
        sealed_refresh: b"refresh".to_vec(),
        good_for_ms: HOUR,
    }
}

/// An inbox that sends through the mailbox, and does not read it.
pub(super) fn connected() -> Scene {
    let mut scene = logged_in();
    scene.ask(InboxCommand::DisconnectMailbox(DisconnectMailbox {})).expect("disconnected");
    scene
}

pub(super) fn logged_in() -> Scene {
    let name = format!("{WORKSPACE}/{}", id());
    let mut scene = Scene { inbox: Bench::new(name), ..Scene::new(false) };
    scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected");
    scene
}

/// Runs the outbox with the mailbox; what goes wrong is asked of the test, task by task.
pub(super) fn play(scene: &mut Scene, graph: &mut Graph, mut wrong: impl FnMut(&Task) -> Wrong) {
    loop {
        let begun = scene.inbox.begin();
        if begun.is_empty() {
            return;
        }
        let tasks = begun.iter().filter_map(|(_, effect)| match effect {
            Effect::Microsoft(job) if job.task != Task::Refresh => Some(&job.task),
            _ => None,
        });
        let (looks, others): (Vec<_>, Vec<_>) =
            tasks.partition(|task| matches!(task, Task::Look(_)));
        assert!(looks.len() <= 1, "{looks:?} at once");
        let reads = begun.iter().any(|(_, effect)| matches!(effect, Effect::Mailbox(_)));
        assert!(others.len() + usize::from(reads) <= 3, "more than four at once");
        let mut has_died = false;
        for (entry, effect) in begun {
            let outcome = match &effect {
                Effect::Microsoft(job) if !has_died => graph.answer(job, wrong(&job.task)),
                Effect::Summary(_) => {
                    scene.inbox.settle(&entry, &Outcome::Done(Vec::new()));
                    None
                }
                Effect::Microsoft(_) => None,
                Effect::Call { actor: ActorKind::WarmupCounter, key, command, .. } => {
                    let name = scene.warmup.instance.clone();
                    let mut envelope = Envelope::new(name, system(), Some(key.clone()), &());
                    envelope.command.clone_from(command);
                    let reply = match scene.warmup.answer(&envelope.encode()) {
                        Answer::Done { json, .. } => Outcome::Done(json),
                        Answer::Rejected(reject) => Outcome::Rejected(reject),
                    };
                    scene.inbox.settle(&entry, &reply);
                    None
                }
                Effect::Call { actor: ActorKind::ProspectDedup, command, .. } => {
                    let reply = match schema::codec::read_json(command).expect("a command") {
                        ProspectCommand::Permit(_) => {
                            let granted = PermitReply::Granted { valid_until: None };
                            serde_json::to_vec(&granted).expect("JSON")
                        }
                        _ => br#"{"here":{}}"#.to_vec(),
                    };
                    scene.inbox.settle(&entry, &Outcome::Done(reply));
                    None
                }
                Effect::Mailbox(job) => {
                    let read = MailboxRead::failed(job, "", false);
                    let read = MailboxRead { end: ReadEnd::AllRead, ..read };
                    scene.inbox.settle(&entry, &Outcome::Mailbox(Box::new(read)));
                    None
                }
                Effect::Call { actor: ActorKind::WorkspaceRoom, .. } => {
                    scene.inbox.settle(&entry, &Outcome::Done(b"{}".to_vec()));
                    None
                }
                other => panic!("{other:?}"),
            };
            match outcome {
                Some(outcome) => scene.inbox.settle(&entry, &Outcome::Microsoft(outcome)),
                None => has_died |= matches!(effect, Effect::Microsoft(_)),
            }
        }
        if has_died {
            scene.inbox.restart();
        }
    }
}

pub(super) fn well(_: &Task) -> Wrong {
    Wrong::Nothing
}

/// Lets time go on to an hour, or until nothing is left to do.
pub(super) fn go_on(
    scene: &mut Scene,
    graph: &mut Graph,
    until: Millis,
    mut wrong: impl FnMut(&Task) -> Wrong,
) {
    for _ in 0..2_000 {
        play(scene, graph, &mut wrong);
        if scene.inbox.home.alarm().is_none_or(|at| at > until) {
            break;
        }
        scene.inbox.fire_alarm();
    }
}

/// Something that goes wrong once, with one kind of task.
pub(super) fn once(wrong: Wrong, at: fn(&Task) -> bool) -> impl FnMut(&Task) -> Wrong {
    let mut left = Some(wrong);
    move |task| if at(task) { left.take().unwrap_or(Wrong::Nothing) } else { Wrong::Nothing }
}

pub(super) fn is_send(task: &Task) -> bool {
    matches!(task, Task::Send(_))
}

#[test]
fn a_mail_becomes_a_draft_that_is_known_and_then_leaves() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    let status = scene.status();
    assert_eq!((&*status.transport, &*status.email), ("microsoft", "ann@example.com"));
    let send = scene.send("k1", new_mail());
    play(&mut scene, &mut graph, well);
    let sent = scene.get(send.id);
    assert_eq!((sent.state, &*sent.message_id), (SendState::Sent, "X1@outlook.test"));
    assert_eq!((graph.accepted.len(), graph.refreshes), (1, 0));
    assert_eq!(scene.inbox.count("drafts"), 0);
}

#[test]
fn fifty_mails_that_wait_for_a_token_cause_one_refresh() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    scene.inbox.now += 2 * HOUR;
    for key in 0..50 {
        scene.send(&format!("k{key}"), new_mail());
    }
    let until = scene.inbox.now + HOUR / 2;
    go_on(&mut scene, &mut graph, until, well);
    assert_eq!((graph.refreshes, graph.accepted.len(), graph.drafts.len()), (1, 50, 50));
}

#[test]
fn outreach_of_a_young_inbox_leaves_three_at_a_time_too() {
    for (warmup, all) in [(false, 12), (true, 5)] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let configure = ConfigureInbox { warmup: Some(warmup), ..ConfigureInbox::default() };
        scene.ask(InboxCommand::Configure(configure)).expect("changed");
        scene.warmup.now = scene.inbox.now;
        play(&mut scene, &mut graph, well);
        for n in 0..12 {
            let to = vec![format!("bob@{n}.example.org")];
            scene.send(&format!("k{n}"), NewMail { to, ..outreach() });
        }
        let until = scene.inbox.now + HOUR / 2;
        go_on(&mut scene, &mut graph, until, well);
        assert_eq!((graph.accepted.len(), graph.drafts.len()), (all, all), "warm-up: {warmup}");
    }
}

#[test]
fn a_mail_that_is_taken_back_makes_room_for_the_next() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    let sends: Vec<_> = (0..8).map(|n| scene.send(&format!("k{n}"), new_mail()).id).collect();
    let begun = scene.inbox.begin();
    for send_id in &sends[..2] {
        scene.ask(InboxCommand::CancelSend(GetSend { send_id: *send_id })).expect("taken back");
    }
    scene.inbox.fire_alarm();
    for (entry, effect) in begun {
        let outcome = match &effect {
            Effect::Microsoft(job) => Outcome::Microsoft(graph.carry_out(job)),
            _ => Outcome::Done(Vec::new()),
        };
        scene.inbox.settle(&entry, &outcome);
    }
    let until = scene.inbox.now + HOUR / 2;
    go_on(&mut scene, &mut graph, until, well);
    assert_eq!((graph.accepted.len(), graph.drafts.len()), (6, 8));
}

#[test]
fn an_answer_that_is_lost_is_looked_up_and_nothing_leaves_twice() {
    for wrong in [Wrong::Lost, Wrong::Cut, Wrong::Died] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let send = scene.send("k1", new_mail());
        let until = scene.inbox.now + 3 * HOUR;
        go_on(&mut scene, &mut graph, until, once(wrong, is_send));
        assert_eq!(scene.get(send.id).state, SendState::Sent, "{wrong:?}");
        assert_eq!((graph.accepted.len(), graph.drafts.len()), (1, 1), "{wrong:?}");
    }
}

#[test]
fn what_is_nowhere_for_hours_is_for_a_person() {
    let (mut scene, mut graph) = (connected(), Graph { hides: true, ..Graph::default() });
    let send = scene.send("k1", new_mail());
    let until = scene.inbox.now + DAY;
    go_on(&mut scene, &mut graph, until, once(Wrong::Lost, is_send));
    assert_eq!(scene.get(send.id).state, SendState::Unknown);
    assert_eq!(graph.accepted.len(), 1);
    assert_eq!(scene.status().unknown, 1);
}

#[test]
fn a_mailbox_whose_tokens_are_taken_back_waits_for_a_new_log_in() {
    let (mut scene, mut graph) = (connected(), Graph { is_revoked: true, ..Graph::default() });
    let send = scene.send("k1", new_mail());
    let until = scene.inbox.now + DAY;
    go_on(&mut scene, &mut graph, until, |task| match task {
        Task::Refresh => Wrong::Nothing,
        _ => Wrong::Over,
    });
    let status = scene.status();
    assert_eq!(status.status, InboxStatus::Paused);
    assert!(status.pause_reason.expect("a reason").contains("connect"));
    let resumed = scene.ask(InboxCommand::Resume(ResumeInbox {}));
    assert_eq!(resumed.map_err(|reject| reject.code), Err(Code::Conflict));
    let asked = graph.asked;
    scene.inbox.now = until;
    go_on(&mut scene, &mut graph, until + DAY, well);
    assert_eq!(graph.asked, asked, "nobody is asked in vain");
    graph.is_revoked = false;
    scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected");
    go_on(&mut scene, &mut graph, until + DAY, well);
    assert_eq!(scene.status().status, InboxStatus::Active);
    assert_eq!((scene.get(send.id).state, graph.accepted.len()), (SendState::Sent, 1));
}

#[test]
fn a_new_log_in_forgives_no_bounce_that_came_in_meanwhile() {
    for (bounces, status) in [(1, InboxStatus::Active), (2, InboxStatus::Paused)] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let sends: Vec<_> = (0..20).map(|n| scene.send(&format!("k{n}"), mail_to(n)).id).collect();
        let until = scene.inbox.now + HOUR / 2;
        go_on(&mut scene, &mut graph, until, well);
        assert_eq!(scene.status().health.sends, 20);
        graph.is_revoked = true;
        scene.send("late", new_mail());
        let until = scene.inbox.now + DAY;
        go_on(&mut scene, &mut graph, until, |task| match task {
            Task::Refresh => Wrong::Nothing,
            _ => Wrong::Over,
        });
        assert!(scene.status().pause_reason.expect("a reason").contains("connect"));
        for (n, id) in sends[..bounces].iter().enumerate() {
            scene.report(about(*id, told_by(n, ReportClass::Hard))).expect("noted");
        }
        let view = scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected");
        let view: InboxView = serde_json::from_value(view).expect("a view");
        assert_eq!((view.status, view.health.bounced), (status, bounces as i64));
        let why = "by address, 2 of the last 20 mails came back";
        let why = Some(why).filter(|_| status == InboxStatus::Paused);
        assert_eq!(view.pause_reason.as_deref(), why);
    }
}

#[test]
fn a_token_that_is_over_too_early_is_renewed_and_the_mail_leaves() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    let send = scene.send("k1", new_mail());
    let until = scene.inbox.now + HOUR;
    go_on(&mut scene, &mut graph, until, once(Wrong::Over, is_send));
    assert_eq!(scene.get(send.id).state, SendState::Sent);
    assert_eq!((graph.refreshes, graph.accepted.len(), graph.drafts.len()), (1, 1, 1));
}

#[test]
fn only_who_manages_connects_and_only_the_inbox_of_the_address() {
    let mut scene = connected();
    let connect = |change: fn(&mut ConnectMicrosoft)| {
        let mut input = connection();
        change(&mut input);
        InboxCommand::ConnectMicrosoft(input)
    };
    let refused = scene.inbox.call(&agent(1, Role::Agent), None, &connect(|_| {}));
    assert_eq!(refused.map_err(|reject| reject.code), Err(Code::Forbidden));
    for (command, code) in [
        (connect(|it| it.email = "bo@example.com".into()), Code::Conflict),
        (connect(|it| it.email = "nobody".into()), Code::InvalidInput),
        (connect(|it| it.sealed_refresh.clear()), Code::InvalidInput),
        (connect(|it| it.sealed_access = vec![0; 20_000]), Code::InvalidInput),
    ] {
        let before = scene.rows();
        assert_eq!(scene.ask(command).map_err(|reject| reject.code), Err(code));
        assert_eq!(scene.rows(), before);
    }
}

#[test]
fn whatever_goes_wrong_no_mail_leaves_twice_and_all_leave() {
    for seed in 0..60 {
        let mut dice = Seeded(seed);
        let (mut scene, mut graph) = (connected(), Graph::default());
        let sends: Vec<_> =
            (0..8).map(|key| scene.send(&format!("k{key}"), new_mail()).id).collect();
        let mut faults = 25;
        let until = scene.inbox.now + 2 * DAY;
        go_on(&mut scene, &mut graph, until, |task| {
            let is_refresh = *task == Task::Refresh;
            if is_refresh || faults == 0 || dice.below(3) > 0 {
                return Wrong::Nothing;
            }
            faults -= 1;
            let all = [Wrong::Lost, Wrong::Cut, Wrong::Died, Wrong::Throttled(None), Wrong::Over];
            all[dice.index(all.len())]
        });
        for id in &sends {
            let send = scene.get(*id);
            assert_eq!(send.state, SendState::Sent, "seed {seed}: {send:?}");
        }
        assert_eq!(graph.accepted.len(), sends.len(), "seed {seed}");
    }
}

#[test]
fn files_that_are_too_large_for_a_draft_are_added_to_it() {
    const MB: i64 = 1024 * 1024;
    let file = |bytes_count| MailFile {
        file_name: "../plan.pdf".into(),
        content_type: "Application/PDF; x=y".into(),
        bytes_count,
        key: "k".into(),
    };
    for (sizes, is_apart) in
        [(vec![MB, MB], false), (vec![MB, MB + 1], true), (vec![25 * MB], true)]
    {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let mail = NewMail { files: sizes.iter().map(|size| file(*size)).collect(), ..new_mail() };
        let command = InboxCommand::Send(SendMail { key: "k1".into(), mail });
        let reply = scene.inbox.call(&system(), None, &command).expect("taken");
        let send: SendView = serde_json::from_value(reply).expect("a view");
        let mut seen = None;
        play(&mut scene, &mut graph, |task| {
            if !is_send(task) {
                seen = Some(task.clone());
            }
            Wrong::Nothing
        });
        assert_eq!(scene.get(send.id).state, SendState::Sent);
        let task = seen.expect("a draft");
        let (owner, sealed_token) = (String::new(), Vec::new());
        let job = MicrosoftJob { owner, sealed_token, task: task.clone() };
        let is_slow = Effect::Microsoft(Box::new(job)).is_slow();
        assert_eq!(is_slow, is_apart, "nothing waits for an upload of many requests");
        match task {
            Task::Draft { files, .. } => assert!(!is_apart && files.len() == 2),
            Task::LargeDraft { content, files } => {
                assert!(is_apart && files.len() == sizes.len());
                let content = String::from_utf8(content).expect("text");
                assert!(content.contains("\r\n\r\nHi Bob\r\n") && !content.contains("multipart"));
                let first = &files[0];
                assert_eq!((&*first.name, &*first.content_type), ("plan.pdf", "application/pdf"));
            }
            other => panic!("{other:?}"),
        }
    }
}
