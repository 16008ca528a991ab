//! Mails that are comments: one for each, whatever it says later; their files; what the room is
//! told.

use super::*;
use crate::kernel::MailJob;
use schema::ActorKind;
use schema::inbox::{FILES_BYTES_MAX, MailFile};
use schema::room::delivery::NoteDelivery;
use serde_json::Value;

const COMMENT: &str = "00000000-0000-7000-8000-000000000009";

fn send(mail: NewMail) -> InboxCommand {
    InboxCommand::Send(SendMail { key: format!("comment:{COMMENT}"), mail })
}

fn file(bytes_count: i64) -> MailFile {
    MailFile {
        file_name: "plan.pdf".into(),
        content_type: "application/pdf; name=x".into(),
        bytes_count,
        key: "uploads/w/1".into(),
    }
}

fn ask(scene: &mut Scene, command: &InboxCommand) -> Result<Value, Reject> {
    scene.inbox.call(&system(), None, command)
}

/// What leaves now, and what the room is told.
fn drain(scene: &mut Scene, outcome: impl Fn() -> Outcome) -> (Vec<MailJob>, Vec<NoteDelivery>) {
    let (mut jobs, mut told) = (Vec::new(), Vec::new());
    scene.inbox.drain(|_, effect| match effect {
        Effect::Mail(job) => {
            jobs.push((**job).clone());
            outcome()
        }
        Effect::Call { actor: ActorKind::WorkspaceRoom, instance, command, .. } => {
            assert!(!instance.contains('/'), "{instance}");
            match schema::codec::read_json(command).expect("a command") {
                RoomCommand::NoteDelivery(note) => told.push(note),
                other => panic!("{other:?}"),
            }
            Outcome::Done(b"{}".to_vec())
        }
        Effect::Call { actor: ActorKind::ProspectDedup, .. } => {
            Outcome::Done(br#"{"here":{}}"#.to_vec())
        }
        Effect::Queue { .. } => Outcome::Done(Vec::new()),
        other => panic!("{other:?}"),
    });
    (jobs, told)
}

#[test]
fn a_comment_leaves_once_whatever_it_says_later_and_its_room_is_told_of_its_end() {
    let mut scene = Scene::new(false);
    let first = ask(&mut scene, &send(new_mail())).expect("taken");
    let other = NewMail { subject: "Other".into(), ..new_mail() };
    let again = ask(&mut scene, &send(other.clone())).expect("known");
    assert_eq!(first, again);
    let (jobs, told) = drain(&mut scene, accepted);
    let [note] = &told[..] else { panic!("{told:?}") };
    assert_eq!((jobs.len(), note.state), (1, SendState::Sent));
    assert_eq!(note.comment_id.to_string(), COMMENT);
    assert_eq!(
        (&note.message_id, note.send_id.to_string()),
        (&text(&first["messageId"]), text(&first["id"]))
    );
    assert_eq!(ask(&mut scene, &send(other)).expect("known")["state"], "sent");
    assert_eq!(drain(&mut scene, accepted), (Vec::new(), Vec::new()));
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn what_a_server_refuses_is_told_with_why() {
    let mut scene = Scene::new(false);
    ask(&mut scene, &send(new_mail())).expect("taken");
    let (_, told) = drain(&mut scene, || refused(550, "5.1.1", true));
    assert_eq!((told.len(), told[0].state), (1, SendState::Bounced));
    assert_eq!(told[0].error.as_deref(), Some("550 5.1.1 no"));
}

#[test]
fn files_are_named_for_the_transport_and_a_mail_without_one_of_them_fails() {
    let mut scene = Scene::new(false);
    let files = vec![file(5), MailFile { content_type: "message/rfc822".into(), ..file(5) }];
    ask(&mut scene, &send(NewMail { files, ..new_mail() })).expect("taken");
    let why = || "the file plan.pdf is not kept any more".to_owned();
    let (jobs, told) = drain(&mut scene, || Outcome::Mail(MailOutcome::Unmade { why: why() }));
    let [job] = &jobs[..] else { panic!("{jobs:?}") };
    assert!(String::from_utf8_lossy(&job.content).contains("multipart/mixed"));
    let heads: Vec<_> = job.files.iter().map(|it| String::from_utf8_lossy(&it.head)).collect();
    assert!(heads[0].contains("Content-Type: application/pdf\r\n"), "{heads:?}");
    assert!(heads[0].ends_with("\r\n\r\n") && heads[0].contains("filename=\"plan.pdf\""));
    assert!(heads[1].contains("Content-Type: application/octet-stream\r\n"), "{heads:?}");
    assert_eq!(job.files[0].key, "uploads/w/1");
    assert!(job.end.starts_with(b"--") && job.end.ends_with(b"--\r\n"));
    assert_eq!((told[0].state, told[0].error.clone()), (SendState::Failed, Some(why())));
}

#[test]
fn only_postroom_itself_names_comments_and_files_and_no_mail_has_too_many_bytes() {
    let mut scene = Scene::new(false);
    let code = |refused: Result<Value, Reject>| refused.map_err(|reject| reject.code);
    assert_eq!(code(scene.ask(send(new_mail()))), Err(Code::Forbidden));
    let mail = NewMail { files: vec![file(1)], ..new_mail() };
    let named = InboxCommand::Send(SendMail { key: "k".into(), mail });
    assert_eq!(code(scene.ask(named)), Err(Code::Forbidden));
    let half = FILES_BYTES_MAX / 2;
    let large = |more: i64| NewMail { files: vec![file(half), file(half + more)], ..new_mail() };
    assert_eq!(code(ask(&mut scene, &send(large(1)))), Err(Code::TooLarge));
    assert!(ask(&mut scene, &send(large(0))).is_ok());
}

#[test]
fn answers_are_asked_to_go_to_the_inboxs_address_with_the_tag_of_its_room() {
    let mut scene = Scene::new(false);
    let tagged = |tag: &str| NewMail { reply_tag: Some(tag.into()), ..new_mail() };
    let by_agent = InboxCommand::Send(SendMail { key: "k".into(), mail: tagged("t.1.2.3") });
    assert_eq!(scene.ask(by_agent).expect_err("refused").code, Code::Forbidden);
    ask(&mut scene, &send(tagged("t.1.2.3"))).expect("taken");
    let (jobs, _) = drain(&mut scene, || Outcome::Failed { why: "no answer".into() });
    let content = String::from_utf8_lossy(&jobs[0].content).into_owned();
    let line = content.lines().find_map(|line| line.strip_prefix("Reply-To: "));
    let line = line.unwrap_or_else(|| panic!("{content}"));
    assert!(line.contains("+t.1.2.3@"), "{line}");
    // One without room for it is left as it is.
    let mut scene = Scene::new(false);
    ask(&mut scene, &send(tagged(&"x".repeat(64)))).expect("taken");
    let (jobs, _) = drain(&mut scene, || Outcome::Failed { why: "no answer".into() });
    assert!(!String::from_utf8_lossy(&jobs[0].content).contains("Reply-To"));
}
