//! How many mails a day has room for, and when a slot is free again.

use super::*;
use std::cell::RefCell;
use std::rc::Rc;

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
fn mails_that_wait_for_midnight_are_not_read_one_by_one_to_find_that_out() {
    let mut scene = Scene::new(true);
    for n in 0..60 {
        scene.send(&format!("k{n}"), new_mail());
    }
    scene.run(accepted);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&seen);
    scene.inbox.home.set_hook(Some(Box::new(move |statement| {
        log.borrow_mut().push(statement.to_owned());
    })));
    // It looks after all that waits.
    scene.ask(InboxCommand::Configure(ConfigureInbox::default())).expect("configured");
    scene.inbox.home.set_hook(None);
    let of = |start: &str| seen.borrow().iter().filter(|it| it.starts_with(start)).count();
    assert_eq!(of("select id, state, not_before from ledger"), 2, "55 wait: a page, and no more");
    assert_eq!(of("select id, key, hash"), 0);
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
