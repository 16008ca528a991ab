//! Mails that a person writes: at once, or not, and why.

use super::field::{DAY, Field, HOUR, MONDAY};
use crate::workspace_room::tests::desk::text;
use schema::inbox::TOO_LATE;
use schema::{Code, ids::ProspectId};
use serde_json::{Value, json};

const INBOX: &str = "a@desk.example";
const MINUTE: i64 = 60_000;

fn with(mut command: Value, field: &str, value: Value) -> Value {
    command["sendEmail"][field] = value;
    command
}

/// The places that are taken: of the campaign, the workspace, the domain, the inbox.
fn used(field: &Field) -> i64 {
    field.desk.room.number("select coalesce(sum(used), 0) from outreach_days")
}

#[test]
fn a_mail_by_hand_leaves_at_once_in_any_window_and_is_in_the_ledger() {
    let mut field = Field::open(&[INBOX]);
    // A Sunday, at night.
    field.desk.room.now = MONDAY + 6 * DAY - 6 * HOUR;
    field.desk.log_in_again();
    let ann = field.person(1, "ann@acme.example");
    let taken = field.desk.ask(&field.by_hand("k1", ann, INBOX));
    assert_eq!((&taken["prospectId"], &taken["step"]), (&json!(ann), &json!(1)));
    field.settle();
    assert_eq!(field.asked.len(), 1);
    let mail = field.asked[0].mail.clone();
    assert_eq!((&*mail.subject, &mail.to), ("A word, Ann", &vec!["ann@acme.example".into()]));
    assert!(mail.text.starts_with("Dear Ann of Acme\n\n-- \nDesk Ltd, 1 Road, Town\n"));
    let link = mail.opt_out_url.clone().expect("a link");
    assert!(mail.text.contains(&link));
    assert_eq!(mail.leave_by, Some(MONDAY - 9 * HOUR + 7 * DAY), "the end of the day");
    let outreach = mail.prospect.expect("outreach");
    assert_eq!((json!(outreach.campaign), outreach.step), (taken["campaignId"].clone(), 1));
    field.campaign = taken["campaignId"].clone();
    assert_eq!((field.stands(ann).0, used(&field)), ("finished".into(), 4));

    let of = json!({ "campaignId": field.campaign, "prospectId": ann });
    let decisions = field.desk.ask(&json!({ "listDecisions": of }));
    let what: Vec<String> =
        decisions["items"].as_array().expect("items").iter().map(|it| text(&it["what"])).collect();
    assert_eq!(what, ["finished", "sent", "assigned", "written"]);
    let agent = field.desk.agent.id().to_string();
    assert_eq!(decisions["items"][3]["why"], agent, "who wrote it");

    // Another one is a step of its own, in a thread of its own.
    field.pass(3 * MINUTE, MINUTE);
    let again = field.desk.ask(&field.by_hand("k2", ann, INBOX));
    assert_eq!((&again["step"], &again["campaignId"]), (&json!(2), &taken["campaignId"]));
    field.settle();
    let second = field.asked[1].mail.clone();
    assert_eq!((second.in_reply_to, second.prospect.map(|it| it.step)), (None, Some(2)));
    assert_eq!(field.stands(ann).0, "finished");
    // It takes no turns.
    field.pass(20 * DAY, 6 * HOUR);
    assert_eq!(field.asked.len(), 2);
}

#[test]
fn the_same_key_is_the_same_mail_for_ever_and_never_another() {
    let mut field = Field::open(&[INBOX]);
    let ann = field.person(1, "ann@acme.example");
    let first = field.desk.ask(&field.by_hand("k", ann, INBOX));
    field.settle();
    field.pass(3 * DAY, DAY);
    field.desk.log_in_again();
    // What prospect and inbox say of themselves is another by now.
    field.people.get_mut(&ann).expect("ann")["version"] = json!(7);
    let again = field.by_hand("k", ann, INBOX);
    assert_eq!(field.desk.ask(&again), first);
    let other = with(again, "text", json!("Another"));
    assert_eq!(field.desk.refused(&other).0, Code::KeyReused);
    field.settle();
    assert_eq!(field.asked.len(), 1);
}

#[test]
fn each_limit_refuses_and_says_until_when() {
    let tomorrow = json!(MONDAY - 9 * HOUR + DAY);
    for (settings, slots, paused, why, until) in [
        (json!({ "dailyMax": 0 }), None, None, "workspace", &tomorrow),
        (json!({ "domainDailyMax": 0 }), None, None, "domain", &tomorrow),
        (json!({ "inboxDailyMax": 0 }), None, None, "inbox", &tomorrow),
        (json!({}), Some(0), None, "warmup", &tomorrow),
        (json!({}), None, Some("bounces"), "paused", &Value::Null),
    ] {
        let mut field = Field::open(&[INBOX]);
        field.desk.manage(&json!({ "changeOutreachSettings": settings }));
        field.inboxes.values_mut().for_each(|it| (it.slots, it.paused) = (slots, paused));
        let ann = field.person(1, "ann@acme.example");
        let refused = field.desk.refused(&field.by_hand("k", ann, INBOX));
        assert_eq!(refused, (Code::Conflict, json!({ "why": why, "until": until })), "{why}");
        field.settle();
        assert_eq!((field.asked.len(), used(&field)), (0, 0), "{why}");
    }
}

#[test]
fn the_next_mail_of_an_inbox_waits_and_so_does_a_campaign_s() {
    let mut field = Field::open(&[INBOX]);
    let (ann, bob) = (field.person(1, "ann@acme.example"), field.person(2, "bob@acme.example"));
    field.desk.ask(&field.by_hand("k1", ann, INBOX));
    field.settle();
    let (code, details) = field.desk.refused(&field.by_hand("k2", bob, INBOX));
    assert_eq!((code, &details["why"]), (Code::Conflict, &json!("spacing")));
    let until = details["until"].as_i64().expect("a time");
    assert!((MONDAY + MINUTE..=MONDAY + 2 * MINUTE).contains(&until), "{until}");
    field.campaign(json!({}));
    field.enrol(3, "cy@acme.example");
    field.settle();
    assert_eq!(field.asked.len(), 1, "nor by itself");
    field.desk.room.now = until;
    field.settle();
    assert_eq!(field.asked.len(), 2);
}

#[test]
fn who_may_not_be_written_to_is_not_and_the_agent_is_told_why() {
    let mut field = Field::open(&[INBOX]);
    for (number, reason) in ["optOut", "replied", "bounced", "manual"].into_iter().enumerate() {
        let who = field.person(number as u128, "ann@acme.example");
        field.people.get_mut(&who).expect("somebody")["suppression"] = json!(reason);
        let (code, details) = field.desk.refused(&field.by_hand("k", who, INBOX));
        assert_eq!((code, &details["why"]), (Code::Conflict, &json!(reason)));
    }
    // Who said no a moment ago: the inbox asks again, and what was taken for the mail is free.
    field.inboxes.values_mut().for_each(|it| it.answer = ("refused", Some("opt_out")));
    let ann = field.person(9, "ann@acme.example");
    field.campaign = field.desk.ask(&field.by_hand("k", ann, INBOX))["campaignId"].clone();
    field.settle();
    assert_eq!(field.stands(ann), ("stopped".into(), json!("optOut")));
    assert_eq!(used(&field), 0);
}

#[test]
fn the_link_of_a_mail_by_hand_opts_out_of_everything() {
    let mut field = Field::open(&[INBOX]);
    field.campaign(json!({}));
    let ann = field.enrol(1, "ann@acme.example");
    field.settle();
    field.pass(5 * MINUTE, MINUTE);
    field.desk.ask(&field.by_hand("k", ann, INBOX));
    field.settle();
    let link = field.asked[1].mail.opt_out_url.clone().expect("a link");
    let token = link.rsplit_once('/').expect("a path").1;
    field.desk.system(&json!({ "optOut": { "token": token } }));
    field.settle();
    assert_eq!(field.stands(ann), ("stopped".into(), json!("optOut")));
    assert_eq!(field.suppressed, [(ann.to_string(), "optOut".to_owned())]);
}

#[test]
fn what_did_not_leave_is_for_a_person_and_not_tried_again() {
    for (answer, stands, places) in [
        (("failed", Some("554 no")), ("blocked", json!("failed: 554 no")), 0),
        (("rejected", None), ("blocked", json!("failed: no such mail")), 0),
        (("refused", Some("step_already_sent")), ("blocked", json!("stepAlreadySent")), 0),
        (("refused", Some("step_taken")), ("blocked", json!("stepTaken")), 0),
        (("cancelled", Some(TOO_LATE)), ("blocked", json!("takenBack")), 0),
        (("cancelled", None), ("stopped", json!("cancelled")), 0),
        (("bounced", Some("550 nobody")), ("stopped", json!("bounced")), 4),
        (("unknown", Some("cut")), ("blocked", json!("unknown")), 4),
    ] {
        let mut field = Field::open(&[INBOX]);
        field.inboxes.values_mut().for_each(|it| it.answer = answer);
        let ann = field.person(1, "ann@acme.example");
        field.campaign = field.desk.ask(&field.by_hand("k", ann, INBOX))["campaignId"].clone();
        field.pass(8 * HOUR, 10 * MINUTE);
        assert_eq!(field.stands(ann), (stands.0.into(), stands.1), "{answer:?}");
        assert_eq!((field.asked.len(), used(&field)), (1, places), "{answer:?}");
    }
}

#[test]
fn a_second_mail_waits_until_it_is_known_what_became_of_the_first() {
    for answer in [("queued", None), ("unknown", Some("cut"))] {
        let mut field = Field::open(&[INBOX, "b@desk.example"]);
        field.inboxes.values_mut().for_each(|it| it.answer = answer);
        let ann = field.person(1, "ann@acme.example");
        field.desk.ask(&field.by_hand("k1", ann, INBOX));
        field.settle();
        let second = field.by_hand("k2", ann, "b@desk.example");
        let (code, details) = field.desk.refused(&second);
        assert_eq!((code, &details["why"]), (Code::Conflict, &json!("underWay")), "{answer:?}");
        field.tell(0, 9, "sent", None);
        field.desk.ask(&second);
        field.settle();
        assert_eq!(field.asked.len(), 2);
    }
}

#[test]
fn what_no_mail_may_be_is_refused_and_changes_nothing() {
    let mut field = Field::open(&[INBOX]);
    let ann = field.person(1, "ann@acme.example");
    let good = field.by_hand("k", ann, INBOX);
    for (name, value, code) in [
        ("subject", json!("a\r\nbcc: x@y.example"), Code::InvalidInput),
        ("subject", json!(" "), Code::InvalidInput),
        ("subject", json!("x".repeat(201)), Code::InvalidInput),
        ("subject", json!("{{title}}"), Code::InvalidInput),
        ("text", json!(""), Code::InvalidInput),
        ("text", json!("{{constructor}}"), Code::InvalidInput),
        ("text", json!("{{firstName"), Code::InvalidInput),
        ("text", json!("x".repeat(20_001)), Code::InvalidInput),
        ("footer", json!(""), Code::InvalidInput),
        ("key", json!(""), Code::InvalidInput),
        ("publicUrl", json!("ftp://x"), Code::InvalidInput),
        ("publicUrl", json!(""), Code::Conflict),
    ] {
        let refused = field.desk.refused(&with(good.clone(), name, value.clone()));
        assert_eq!(refused.0, code, "{name}: {value}");
    }
    field.people.get_mut(&ann).expect("ann")["email"] = Value::Null;
    let refused = field.desk.refused(&field.by_hand("k", ann, INBOX));
    assert_eq!(refused.0, Code::InvalidInput, "no address yet");
    let viewer = field.desk.viewer.principal.clone();
    assert_eq!(field.desk.refused_as(&viewer, &good).0, Code::Forbidden);
    let campaigns = field.desk.ask(&json!({ "listCampaigns": {} }));
    assert_eq!((&campaigns["items"], used(&field)), (&json!([]), 0));
}

#[test]
fn the_campaign_of_mails_by_hand_takes_no_commands_of_campaigns() {
    let mut field = Field::open(&[INBOX]);
    let ann = field.person(1, "ann@acme.example");
    field.inboxes.values_mut().for_each(|it| it.answer = ("failed", Some("554 no")));
    let id = field.desk.ask(&field.by_hand("k", ann, INBOX))["campaignId"].clone();
    field.settle();
    let campaign = json!({ "getCampaign": { "campaignId": id } });
    let before = field.desk.ask(&campaign);
    let url = "https://mail.desk.example";
    for command in [
        json!({ "changeCampaign": { "campaignId": id, "name": "Spring" } }),
        json!({ "startCampaign": { "campaignId": id, "publicUrl": url } }),
        json!({ "pauseCampaign": { "campaignId": id } }),
        json!({ "pauseCampaign": { "campaignId": id, "archive": true } }),
        json!({ "enrol": { "campaignId": id, "prospectIds": [ProspectId(uuid::Uuid::max())] } }),
        json!({ "changeEnrolment": { "campaignId": id, "prospectId": ann, "state": "waiting" } }),
    ] {
        assert_eq!(field.desk.manage_refused(&command).0, Code::Conflict, "{command}");
    }
    assert_eq!(field.desk.ask(&campaign), before);
    assert_eq!((&before["status"], &before["steps"]), (&json!("draft"), &json!([])));
    // It goes on: another one leaves, and the person may be taken out.
    field.pass(10 * MINUTE, MINUTE);
    field.desk.log_in_again();
    field.desk.ask(&field.by_hand("k2", ann, INBOX));
    let out = json!({ "campaignId": id, "prospectId": ann, "state": "stopped" });
    assert_eq!(field.desk.ask(&json!({ "changeEnrolment": out }))["state"], "stopped");
}

#[test]
fn who_turns_out_to_be_somebody_else_got_their_mails_too() {
    let mut field = Field::open(&[INBOX, "b@desk.example"]);
    field.inboxes.values_mut().for_each(|it| it.answer = ("queued", None));
    let ann = field.person(1, "ann@acme.example");
    let bob = field.person(2, "ann@acme.example");
    let first = field.desk.ask(&field.by_hand("k1", ann, INBOX));
    field.settle();
    field.people.insert(ann, json!(bob));
    let identities = json!([{ "id": ann, "state": "linked" }]);
    field.people.get_mut(&bob).expect("bob")["identities"] = identities;
    assert_eq!(field.desk.ask(&field.by_hand("k1", ann, INBOX)), first, "the same request");
    let other = field.by_hand("k1", bob, INBOX);
    assert_eq!(field.desk.refused(&other).0, Code::KeyReused);

    let second = field.by_hand("k2", ann, "b@desk.example");
    assert_eq!(field.desk.refused(&second).1["why"], "underWay");
    field.tell(0, 9, "sent", None);
    let taken = field.desk.ask(&second);
    assert_eq!((&taken["prospectId"], &taken["step"]), (&json!(bob), &json!(2)));
    field.settle();
    let outreach = field.asked[1].mail.prospect.clone().expect("outreach");
    assert_eq!((outreach.prospect_id, outreach.step), (bob, 2));
}

#[test]
fn an_identity_that_is_another_person_s_has_no_say() {
    let mut field = Field::open(&[INBOX, "b@desk.example"]);
    field.inboxes.values_mut().for_each(|it| it.answer = ("queued", None));
    let (ann, bob) = (field.person(1, "ann@acme.example"), field.person(2, "bob@acme.example"));
    field.desk.ask(&field.by_hand("k1", ann, INBOX));
    let identities = json!([{ "id": ann, "state": "conflict" }]);
    field.people.get_mut(&bob).expect("bob")["identities"] = identities;
    assert_eq!(field.desk.ask(&field.by_hand("k2", bob, "b@desk.example"))["step"], 1);
}

#[test]
fn nobody_is_written_to_while_it_is_found_out_who_they_are() {
    let mut field = Field::open(&[INBOX]);
    let ann = field.person(1, "ann@acme.example");
    field.people.get_mut(&ann).expect("ann")["unsettled"] = json!(true);
    let (code, details) = field.desk.refused(&field.by_hand("k", ann, INBOX));
    assert_eq!((code, &details["why"]), (Code::Conflict, &json!("identityUnsettled")));
}

#[test]
fn a_mail_that_was_stopped_while_its_inbox_was_asked_does_not_leave_beside_the_next() {
    let mut field = Field::open(&[INBOX, "b@desk.example"]);
    field.inboxes.values_mut().for_each(|it| it.answer = ("queued", None));
    let ann = field.person(1, "ann@acme.example");
    let id = field.desk.ask(&field.by_hand("k1", ann, INBOX))["campaignId"].clone();
    let out = json!({ "campaignId": id, "prospectId": ann, "state": "stopped" });
    field.desk.ask(&json!({ "changeEnrolment": out }));
    field.desk.ask(&field.by_hand("k2", ann, "b@desk.example"));
    field.settle();
    // The inbox heard of the first one after all.
    let key = field.asked[0].key.replace("/2/1", "/1/1");
    assert_ne!(key, field.asked[0].key);
    let send = uuid::Uuid::from_u128(77);
    let told = |version: i64, state: &str| {
        json!({ "noteOutreach": { "key": key, "inboxId": field.inbox(INBOX), "sendId": send,
            "version": version, "messageId": "own77@desk.example", "state": state } })
    };
    let (queued, sent) = (told(1, "queued"), told(3, "sent"));
    field.desk.system(&queued);
    field.settle();
    let called_off = |field: &Field, inbox| field.inboxes[&field.inbox(inbox)].called_off.clone();
    assert_eq!(called_off(&field, INBOX).iter().map(|id| id.0).collect::<Vec<_>>(), [send]);
    assert_eq!(called_off(&field, "b@desk.example"), []);
    assert_eq!(used(&field), 4, "the second one's");
    // Too late: whoever answers it is known all the same.
    let remembered = "select count(*) from outreach_sends where step = 1";
    assert_eq!(field.desk.room.number(remembered), 0);
    field.desk.system(&sent);
    assert_eq!(field.desk.room.number(remembered), 1);
}

#[test]
fn an_earlier_mail_that_comes_back_is_noted_whichever_inbox_sent_it() {
    let mut field = Field::open(&[INBOX, "b@desk.example"]);
    let ann = field.person(1, "ann@acme.example");
    field.campaign = field.desk.ask(&field.by_hand("k1", ann, INBOX))["campaignId"].clone();
    field.settle();
    field.desk.ask(&field.by_hand("k2", ann, "b@desk.example"));
    field.settle();
    assert_eq!((field.asked.len(), field.stands(ann).0), (2, "finished".into()));
    field.tell(0, 9, "bounced", Some("550 nobody"));
    assert_eq!(field.stands(ann), ("stopped".into(), json!("bounced")));
}

#[test]
fn what_the_companys_pages_say_stands_in_a_mail_unless_it_leads_somewhere() {
    let mut field = Field::open(&[INBOX]);
    let ann = field.person(1, "ann@acme.example");
    let text = json!("I read: {{site.title}}");
    let mail = |field: &mut Field, title: &str| {
        let fact = json!({ "kind": "title", "value": title, "source": "https://acme.example/" });
        let site = json!({ "domain": "acme.example", "readAt": 1, "facts": [fact] });
        field.people.get_mut(&ann).expect("ann")["site"] = site;
        with(field.by_hand("k", ann, INBOX), "text", text.clone())
    };
    for bad in ["Doors at evil.example", "Doors\nBcc: all", "\u{202e}srooD", " "] {
        let refused = mail(&mut field, bad);
        assert_eq!(field.desk.refused(&refused).0, Code::InvalidInput, "{bad:?}");
    }
    let good = mail(&mut field, "Doors since 1950");
    field.desk.ask(&good);
    field.settle();
    assert!(field.asked[0].mail.text.starts_with("I read: Doors since 1950\n"));
}
