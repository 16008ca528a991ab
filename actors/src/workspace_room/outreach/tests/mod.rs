//! Outreach: who is written to, when, from where, and who is not.

mod answers;
mod archive;
mod by_hand;
mod field;
mod known;
mod limits;
mod reading;
mod review;
mod stale_texts;
mod texts;

use crate::workspace_room::tests::desk::text;
use field::{DAY, Field, HOUR, MONDAY};
use schema::Code;
use schema::suppression::SUPPRESSED_BY_OPERATOR;
use serde_json::{Value, json};

#[test]
fn a_prospect_gets_each_step_in_its_time_and_one_thread() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let ann = field.enrol(1, "ann@acme.example");
    field.settle();
    assert_eq!(field.asked.len(), 1);
    let first = field.asked[0].mail.clone();
    assert_eq!((&*first.subject, &first.to), ("Doors at Acme", &vec!["ann@acme.example".into()]));
    assert!(first.text.starts_with("Dear Ann, a door?\n\n-- \nDesk Ltd, 1 Road, Town\n"));
    let link = first.opt_out_url.clone().expect("a link");
    assert!(link.starts_with("https://mail.desk.example/u/") && first.text.contains(&link));
    assert_eq!(first.leave_by, Some(MONDAY + 9 * HOUR), "not after 18:00");
    let outreach = first.prospect.expect("outreach");
    assert_eq!((outreach.prospect_id, outreach.step), (ann, 1));
    let one = field.enrolment(ann);
    assert_eq!((&one["step"], &one["dueAt"]), (&json!(2), &json!(MONDAY + 3 * DAY)));

    field.pass(3 * DAY - HOUR, HOUR);
    assert_eq!(field.asked.len(), 1, "three days, not less");
    field.pass(2 * HOUR, HOUR);
    let second = field.asked[1].mail.clone();
    assert_eq!(
        (&*second.subject, second.in_reply_to.as_deref()),
        ("Re: Doors at Acme", Some("own1@desk.example"))
    );
    assert_eq!(second.references, ["own1@desk.example"]);
    assert_eq!(field.stands(ann).0, "finished");
    field.pass(20 * DAY, 6 * HOUR);
    assert_eq!(field.asked.len(), 2);
    let types = field.desk.event_types();
    let count = |kind: &str| types.iter().filter(|it| *it == kind).count();
    assert_eq!((count("outreach.sent"), count("outreach.finished")), (2, 1));

    let campaign = field.campaign.clone();
    let list = json!({ "listDecisions": { "campaignId": campaign, "prospectId": ann } });
    let decisions = field.desk.ask(&list);
    let what: Vec<String> =
        decisions["items"].as_array().expect("items").iter().map(|it| text(&it["what"])).collect();
    assert_eq!(what, ["finished", "sent", "assigned", "sent", "assigned", "enrolled"]);
    let turns = field.desk.ask(&json!({ "listTurns": { "campaignId": campaign } }));
    assert!(turns["items"].as_array().is_some_and(|all| all.iter().all(|it| it["turns"] != 0)));
}

#[test]
fn a_variable_without_a_value_is_for_a_person_and_never_a_blank() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let ann = field.person(1, "ann@acme.example");
    field.people.get_mut(&ann).expect("ann")["company"] = json!("  ");
    field.enrol(1, "ann@acme.example");
    field.people.get_mut(&ann).expect("ann")["company"] = Value::Null;
    field.settle();
    let (state, reason) = field.stands(ann);
    assert_eq!(state, "blocked");
    assert!(text(&reason).contains("company"), "{reason}");
    assert!(field.asked.is_empty());
    // Given one, the person is written to; what was taken for it is free.
    field.people.get_mut(&ann).expect("ann")["company"] = json!("{{firstName}}");
    let campaign = field.campaign.clone();
    let back = json!({ "changeEnrolment":
        { "campaignId": campaign, "prospectId": ann, "state": "waiting" } });
    field.desk.ask(&back);
    field.settle();
    assert_eq!(field.asked[0].mail.subject, "Doors at {{firstName}}", "not looked at again");
}

#[test]
fn what_no_campaign_may_be_is_refused() {
    let mut field = Field::open(&["a@desk.example"]);
    let inbox = field.inbox("a@desk.example");
    let good = json!({ "name": "n", "inboxIds": [inbox], "footer": "f",
        "steps": [{ "subject": "s", "text": "t" }] });
    let step = |step: Value| json!({ "steps": [step] });
    for wrong in [
        json!({ "name": " " }),
        json!({ "inboxIds": [] }),
        json!({ "steps": [] }),
        json!({ "footer": "" }),
        step(json!({ "text": "t" })),
        step(json!({ "subject": "s", "text": "{{constructor}}" })),
        step(json!({ "subject": "s", "text": "{{firstName" })),
        step(json!({ "subject": "s", "text": "{{attributes.}}" })),
        step(json!({ "subject": "s {{no}}", "text": "t" })),
        step(json!({ "subject": "a\r\nbcc: x", "text": "t" })),
        step(json!({ "subject": "s", "text": "t", "delayDays": 366 })),
        step(json!({ "subject": "s", "text": "x".repeat(20_001) })),
        json!({ "dailyMax": -1 }),
        json!({ "spacingS": 86_401 }),
        json!({ "window": { "timeZone": "Mars", "week":
            [{ "day": "monday", "from": "08:00", "to": "09:00" }] } }),
        json!({ "window": { "timeZone": "UTC", "week": [] } }),
    ] {
        let mut plan = good.as_object().expect("an object").clone();
        plan.extend(wrong.as_object().expect("an object").clone());
        let refused = field.desk.manage_refused(&json!({ "createCampaign": plan }));
        assert_eq!(refused.0, Code::InvalidInput, "{wrong}");
    }
    let refused = field.desk.refused(&json!({ "createCampaign": good }));
    assert_eq!(refused.0, Code::Forbidden, "agents do not");
    let made = field.desk.manage(&json!({ "createCampaign": good }));
    let start =
        |url: &str| json!({ "startCampaign": { "campaignId": made["id"], "publicUrl": url } });
    assert_eq!(field.desk.manage_refused(&start("")).0, Code::Conflict);
    for url in ["ftp://x", "javascript:1", "https://a b"] {
        assert_eq!(field.desk.manage_refused(&start(url)).0, Code::InvalidInput, "{url}");
    }
    field.desk.manage(&json!({ "pauseCampaign": { "campaignId": made["id"], "archive": true } }));
    assert_eq!(field.desk.manage_refused(&start("https://x")).0, Code::Conflict);
}

#[test]
fn a_link_opts_out_of_everything_and_no_other_does() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let ann = field.enrol(1, "ann@acme.example");
    let bob = field.enrol(2, "bob@acme.example");
    field.pass(10 * 60_000, 60_000);
    let link = field.asked[0].mail.opt_out_url.clone().expect("a link");
    let token = link.rsplit_once('/').expect("a path").1.to_owned();
    let system = crate::kernel::testing::system();
    let other = |at: usize| {
        let flip = |c: char| if c == '0' { '1' } else { '0' };
        token.char_indices().map(|(i, c)| if i == at { flip(c) } else { c }).collect::<String>()
    };
    let last = token.len() - 1;
    for wrong in [
        other(0),
        other(last),
        token.to_uppercase(),
        token[..last].into(),
        format!("{token}0"),
        format!("0{token}"),
        "1.".into(),
        ".".into(),
        String::new(),
        "-1.00".into(),
        "1.é".into(),
    ] {
        if wrong != token {
            let refused = field.desk.refused_as(&system, &json!({ "optOut": { "token": wrong } }));
            assert_eq!(refused.0, Code::NotFound, "{wrong}");
        }
    }
    let agent = field.desk.refused(&json!({ "optOut": { "token": token } }));
    assert_eq!(agent.0, Code::Forbidden);

    let dry = field.desk.system(&json!({ "optOut": { "token": token, "dry": true } }));
    assert_eq!(dry["prospectId"], json!(ann));
    field.settle();
    assert_eq!((field.stands(ann).0, field.suppressed.len()), ("waiting".into(), 0), "looked at");
    for _ in 0..2 {
        field.desk.system(&json!({ "optOut": { "token": token } }));
        field.settle();
    }
    assert_eq!(field.stands(ann), ("stopped".into(), json!("optOut")));
    assert!(field.suppressed.iter().all(|it| *it == (ann.to_string(), "optOut".into())));
    assert!(!field.suppressed.is_empty());
    field.pass(10 * DAY, 6 * HOUR);
    let to_ann = field.asked.iter().filter(|it| it.mail.to[0].starts_with("ann")).count();
    assert_eq!((to_ann, field.stands(bob).0), (1, "finished".into()));
}

#[test]
fn who_opts_out_while_a_step_is_being_made_gets_none_and_its_place_is_free() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let ann = field.enrol(1, "ann@acme.example");
    let campaign = field.campaign.clone();
    // Assigned, and nobody was asked yet.
    field.desk.manage(&json!({ "takeTurns": {} }));
    field.settle();
    field.asked.clear();
    let stop = json!({ "changeEnrolment":
        { "campaignId": campaign, "prospectId": ann, "state": "stopped" } });
    let bob = field.enrol(2, "bob@acme.example");
    let stopped = field.desk.ask(&stop);
    field.pass(5 * 60_000, 60_000);
    assert_eq!(field.desk.ask(&stop), stopped, "nothing changes any more");
    assert_eq!(field.stands(ann), ("stopped".into(), json!("byHand")));
    assert_eq!((field.asked.len(), field.stands(bob).0), (1, "waiting".into()));
}

#[test]
fn what_the_inbox_has_already_is_taken_back_from_who_is_stopped() {
    for stopped_first in [false, true] {
        let mut field = Field::open(&["a@desk.example"]);
        field.campaign(json!({}));
        field.inboxes.values_mut().for_each(|it| it.answer = ("queued", None));
        let ann = field.enrol(1, "ann@acme.example");
        let campaign = field.campaign.clone();
        let stop = json!({ "changeEnrolment":
            { "campaignId": campaign, "prospectId": ann, "state": "stopped" } });
        if stopped_first {
            // While the inbox was being asked: it tells of the mail afterwards.
            let inbox = field.inbox("a@desk.example");
            field.desk.manage(&json!({ "takeTurns": {} }));
            field.answer();
            field.desk.manage(&json!({ "takeTurns": {} }));
            field.desk.ask(&stop);
            field.desk.system(&json!({ "noteOutreach": { "key": "campaign:1/1/1",
                "inboxId": inbox, "sendId": uuid::Uuid::from_u128(1), "version": 3,
                "messageId": "own1@desk.example", "state": "queued" } }));
        } else {
            field.settle();
            field.desk.ask(&stop);
        }
        field.settle();
        let inbox = field.inboxes.values().next().expect("an inbox");
        assert_eq!(inbox.called_off.len(), 1, "{stopped_first}");
        assert_eq!(field.stands(ann), ("stopped".into(), json!("byHand")));
        if !stopped_first {
            field.tell(0, 4, "cancelled", None);
        }
        assert_eq!(field.stands(ann), ("stopped".into(), json!("byHand")));
        assert_eq!(field.caps()[0]["used"], 0, "its place is free");
    }
}

#[test]
fn what_has_begun_to_leave_is_asked_for_until_it_is_told_what_became_of_it() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    field.inboxes.values_mut().for_each(|it| it.answer = ("sending", None));
    let ann = field.enrol(1, "ann@acme.example");
    field.settle();
    let campaign = field.campaign.clone();
    field.desk.ask(&json!({ "changeEnrolment":
        { "campaignId": campaign, "prospectId": ann, "state": "stopped" } }));
    field.pass(5 * 60_000, 60_000);
    let asked = |field: &Field| field.inboxes.values().next().map(|it| it.called_off.len());
    let often = asked(&field);
    assert!(often > Some(3), "{often:?}");
    field.tell(0, 7, "cancelled", None);
    field.pass(HOUR, 60_000);
    assert!(asked(&field) <= often.map(|it| it + 1), "not for ever");
}

#[test]
fn a_mail_that_a_person_takes_back_stays_back() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    field.inboxes.values_mut().for_each(|it| it.answer = ("queued", None));
    let ann = field.enrol(1, "ann@acme.example");
    field.settle();
    field.tell(0, 4, "cancelled", None);
    assert_eq!(field.stands(ann), ("stopped".into(), json!("cancelled")));
    field.pass(5 * DAY, 6 * HOUR);
    assert_eq!(field.asked.len(), 1);
    assert_eq!(field.caps()[0]["used"], 0);
}

#[test]
fn an_inbox_that_is_held_up_holds_up_only_its_own() {
    let mut field = Field::open(&["a@desk.example", "b@desk.example"]);
    field.campaign(json!({}));
    let held = field.inbox("a@desk.example");
    field.inboxes.get_mut(&held).expect("the inbox").paused = Some("bounces");
    // More than a turn looks at, and due earlier than others.
    let campaign = field.campaign.clone();
    let many: Vec<_> = (100..400).map(uuid::Uuid::from_u128).collect();
    field.desk.ask(&json!({ "enrol": { "campaignId": campaign, "prospectIds": many } }));
    let home = field.desk.room.home.connection();
    home.execute("update enrolments set inbox_id = ?", [held.to_string()]).expect("theirs");
    field.desk.room.now += 1000;
    let ann = field.enrol(9, "ann@acme.example");
    field.pass(10 * 60_000, 60_000);
    assert_eq!((field.asked.len(), field.stands(ann).0), (1, "waiting".into()));
    assert_eq!(field.enrolment(ann)["step"], 2);
}

#[test]
fn what_became_of_a_mail_decides_what_comes_next() {
    for (answer, stands, mails) in [
        (("refused", Some("opt_out")), ("stopped", json!("optOut")), 1),
        (("refused", Some("replied")), ("stopped", json!("replied")), 1),
        (("refused", Some(SUPPRESSED_BY_OPERATOR)), ("stopped", json!("suppressedByOperator")), 1),
        (("refused", Some("step_already_sent")), ("waiting", Value::Null), 1),
        (("bounced", Some("550 no such user")), ("stopped", json!("bounced")), 1),
        (("unknown", Some("cut")), ("blocked", json!("unknown")), 1),
        (("failed", Some("554 no")), ("blocked", json!("failed: 554 no")), 3),
        (("rejected", None), ("blocked", json!("failed: no such mail")), 3),
        (("queued", None), ("sending", Value::Null), 1),
    ] {
        let mut field = Field::open(&["a@desk.example"]);
        field.campaign(json!({}));
        field.inboxes.values_mut().for_each(|it| it.answer = answer);
        let ann = field.enrol(1, "ann@acme.example");
        field.pass(8 * HOUR, 10 * 60_000);
        assert_eq!(field.stands(ann), (stands.0.into(), stands.1), "{answer:?}");
        assert_eq!(field.asked.len(), mails, "{answer:?}");
        let keys: std::collections::BTreeSet<_> = field.asked.iter().map(|it| &it.key).collect();
        assert_eq!(keys.len(), mails, "each try has a key of its own");
    }
}

#[test]
fn what_nobody_knows_of_is_never_sent_again_until_somebody_knows() {
    for (state, stands, mails) in [("sent", "waiting", 1), ("failed", "blocked", 1)] {
        let mut field = Field::open(&["a@desk.example"]);
        field.campaign(json!({}));
        field.inboxes.values_mut().for_each(|it| it.answer = ("unknown", Some("cut")));
        let ann = field.enrol(1, "ann@acme.example");
        field.settle();
        let campaign = field.campaign.clone();
        let back = json!({ "changeEnrolment":
            { "campaignId": campaign, "prospectId": ann, "state": "waiting" } });
        assert_eq!(field.desk.refused(&back).0, Code::Conflict);
        field.inboxes.values_mut().for_each(|it| it.answer = ("sent", None));
        field.tell(0, 4, state, Some("looked up"));
        field.pass(2 * HOUR, 10 * 60_000);
        assert_eq!((field.stands(ann).0.as_str(), field.asked.len()), (stands, mails), "{state}");
        // What was told before is not heard again.
        field.tell(0, 2, "failed", None);
        assert_eq!(field.stands(ann).0, stands);
    }
}

#[test]
fn a_mail_that_comes_back_later_ends_the_sequence() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let ann = field.enrol(1, "ann@acme.example");
    field.settle();
    assert_eq!(field.stands(ann).0, "waiting");
    field.tell(0, 9, "bounced", Some("hard bounce"));
    assert_eq!(field.stands(ann), ("stopped".into(), json!("bounced")));
    field.pass(5 * DAY, 6 * HOUR);
    assert_eq!(field.asked.len(), 1);
}

#[test]
fn a_mail_that_the_inbox_took_back_is_tried_in_the_next_window() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    field.inboxes.values_mut().for_each(|it| it.answer = ("queued", None));
    let ann = field.enrol(1, "ann@acme.example");
    field.pass(9 * HOUR, HOUR);
    field.inboxes.values_mut().for_each(|it| it.answer = ("sent", None));
    field.tell(0, 5, "cancelled", Some(schema::inbox::TOO_LATE));
    assert_eq!(field.stands(ann), ("waiting".into(), json!("takenBack")));
    let caps = field.caps();
    assert_eq!((&caps[0]["used"], &caps[0]["binding"]), (&json!(0), &json!("window")), "{caps}");
    field.pass(13 * HOUR, HOUR);
    assert_eq!(field.asked.len(), 1, "at night nothing leaves");
    field.pass(3 * HOUR, HOUR);
    assert_eq!((field.asked.len(), field.stands(ann).0), (2, "waiting".into()));
    assert_eq!(field.enrolment(ann)["step"], 2);
}

#[test]
fn the_same_person_under_another_id_is_written_to_once() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let [old, new] = [field.person(1, "x@acme.example"), field.person(2, "ann@acme.example")];
    field.people.insert(old, json!(new));
    let campaign = field.campaign.clone();
    let both = json!({ "enrol": { "campaignId": campaign, "prospectIds": [old, new, new] } });
    assert_eq!(field.desk.ask(&both), json!({ "enrolled": 2, "known": 1 }));
    field.pass(HOUR, 60_000);
    assert_eq!(field.asked.len(), 1);
    assert_eq!(field.stands(old), ("stopped".into(), json!("duplicate")));
    assert_eq!(field.stands(new).0, "waiting");

    let mut alone = Field::open(&["a@desk.example"]);
    alone.campaign(json!({}));
    let new = alone.person(2, "ann@acme.example");
    let old = alone.enrol(1, "x@acme.example");
    alone.people.insert(old, json!(new));
    alone.settle();
    assert_eq!((alone.asked.len(), alone.stands(new).0), (1, "waiting".into()));
}

#[test]
fn who_may_not_be_written_to_is_not_asked_about_again() {
    for (field_name, value, stands) in [
        ("suppression", json!("complained"), ("stopped", json!("complained"))),
        ("unsettled", json!(true), ("waiting", json!("identityUnsettled"))),
        ("email", Value::Null, ("blocked", json!("email: the prospect has no address"))),
    ] {
        let mut field = Field::open(&["a@desk.example"]);
        field.campaign(json!({}));
        let ann = field.enrol(1, "ann@acme.example");
        field.people.get_mut(&ann).expect("ann")[field_name] = value;
        field.pass(10 * 60_000, 60_000);
        assert_eq!(field.stands(ann), (stands.0.into(), stands.1), "{field_name}");
        assert!(field.asked.is_empty());
        assert_eq!(field.caps()[0]["used"], 0, "{field_name}: the place is free");
    }
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    let nobody = field.enrol(1, "ann@acme.example");
    field.people.clear();
    field.settle();
    assert_eq!(field.stands(nobody), ("stopped".into(), json!("unknownProspect")));
}
