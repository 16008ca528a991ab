//! Outreach to many people of one domain leaves a little at a time.

use super::*;

fn to(address: &str) -> NewMail {
    NewMail { to: vec![address.into()], ..outreach() }
}

#[test]
fn outreach_to_one_domain_leaves_ten_a_minute_and_other_mail_at_once() {
    let mut scene = Scene::new(false);
    let sends: Vec<SendId> = (0..25)
        .map(|n| scene.send(&format!("k{n}"), to(&format!("p{n}@corp.example"))).id)
        .collect();
    scene.send("other", to("p@xcorp.example"));
    scene.send("answer", NewMail { to: vec!["p@corp.example".into()], ..new_mail() });
    scene.run(accepted);
    assert_eq!(scene.mails.len(), 12, "ten, one of another domain, and an answer");
    let began = scene.inbox.now;
    scene.until(began + 59_000);
    assert_eq!(scene.mails.len(), 12);
    scene.until(began + 70_000);
    assert_eq!(scene.mails.len(), 22);
    scene.until(began + 150_000);
    assert_eq!(scene.mails.len(), 27);
    for id in sends {
        let view = scene.get(id);
        assert_eq!((view.state, view.attempts), (SendState::Sent, 1));
    }
}

#[test]
fn the_suppression_list_is_not_asked_again_and_again_about_who_waits_for_others_of_a_domain() {
    let mut scene = Scene::new(false);
    for n in 0..40 {
        scene.send(&format!("k{n}"), to(&format!("p{n}@corp.example")));
    }
    scene.run(accepted);
    scene.until(scene.inbox.now + 600_000);
    assert_eq!(scene.mails.len(), 40);
    // Asked about each that waits, each minute, it would have been asked a hundred times.
    let asked = scene.screenings;
    assert!((40..80).contains(&asked), "{asked}");
}
