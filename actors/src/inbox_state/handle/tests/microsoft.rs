//! A mailbox at Microsoft, played: it takes drafts, and sends each once. Tests say what goes wrong.

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
                    let reply = scene.warmup.take_call(key, command);
                    scene.inbox.settle(&entry, &reply);
                    None
                }
                Effect::Call { actor: ActorKind::RateLimiter, command, .. } => {
                    let outcome = screened(command, &scene.listed);
                    scene.inbox.settle(&entry, &outcome);
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
                Effect::Call { actor: ActorKind::WorkspaceRoom, .. } | Effect::Queue { .. } => {
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
