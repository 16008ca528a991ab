//! Mails that a server, the way to it or the prospect refuses.

use super::*;

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
