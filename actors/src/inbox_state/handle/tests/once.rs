//! No mail leaves twice: under one key, after a crash, in lives of every kind.

use super::*;

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
                    scene.warmup.take_call(key, command)
                }
                Effect::Call { actor: schema::ActorKind::RateLimiter, command, .. } => {
                    screened(command, &[])
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
                        let outcome = scene.warmup.take_call(key, command);
                        let is_lost = dice.below(5) == 0;
                        if is_lost { Outcome::Failed { why: "lost".into() } } else { outcome }
                    }
                    Effect::Call { actor: schema::ActorKind::RateLimiter, command, .. } => {
                        screened(command, &[])
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
