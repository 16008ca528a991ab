//! What is new in a folder: all of it, once, whatever the server and other clients do.

use super::testing::*;
use super::*;

fn uids(folder: &mut TestFolder, before: Option<Cursor>) -> (Vec<u32>, Option<Cursor>) {
    let (read, result) = read(folder, before, usize::MAX);
    assert_eq!(result, Ok(()));
    (read.uids, read.cursor)
}

fn at(uid_validity: u32, uid_next: u32) -> Cursor {
    Cursor { uid_validity, uid_next }
}

#[test]
fn what_is_there_is_read_once_and_what_comes_is_read_next() {
    let mut folder = TestFolder::new(7, (1..=1_234).filter(|uid| uid % 7 != 0));
    let all: Vec<u32> = folder.mails.keys().copied().collect();
    let (first, cursor) = uids(&mut folder, None);
    assert_eq!(first, all);
    assert_eq!(cursor, Some(at(7, 1_235)));
    folder.heard.clear();
    assert_eq!(uids(&mut folder, cursor), (vec![], cursor));
    assert!(folder.heard.iter().all(|line| !line.contains("FETCH")), "{:?}", folder.heard);
    let later = TestFolder::new(7, [1_240, 1_300]);
    folder.mails.extend(later.mails);
    folder.uid_next = 1_301;
    assert_eq!(uids(&mut folder, cursor), (vec![1_240, 1_300], Some(at(7, 1_301))));
    let words: Vec<&str> = folder.heard.iter().flat_map(|line| line.split(' ').nth(1)).collect();
    for word in words {
        assert!(["CAPABILITY", "LOGIN", "EXAMINE", "UID", "FETCH", "LOGOUT"].contains(&word));
    }
}

#[test]
fn who_is_interrupted_goes_on_after_the_last_batch() {
    let mut folder = TestFolder::new(7, 1..=333);
    let (mut all, mut cursor, mut rounds) = (Vec::new(), None, 0);
    while cursor != Some(at(7, 334)) {
        let (read, result) = read(&mut folder, cursor, 1);
        assert_eq!(result, Ok(()));
        all.extend(read.uids);
        cursor = read.cursor;
        rounds += 1;
    }
    assert_eq!(all, (1..=333).collect::<Vec<_>>());
    assert_eq!(rounds, 7);
}

#[test]
fn another_generation_or_a_restored_backup_is_read_from_the_first_mail() {
    let mut folder = TestFolder::new(8, [1, 2]);
    for (before, start) in [
        (at(7, 900), Start::OtherGeneration),
        (at(8, 900), Start::WentBack),
        (at(8, 2), Start::Continued),
    ] {
        let (read, result) = read(&mut folder, Some(before), usize::MAX);
        assert_eq!((read.start, result), (Some(start), Ok(())));
        let expected: &[u32] = if start == Start::Continued { &[2] } else { &[1, 2] };
        assert_eq!((read.uids.as_slice(), read.cursor), (expected, Some(at(8, 3))));
    }
}

#[test]
fn gaps_are_jumped_over_and_the_trap_of_the_last_mail_is_none() {
    let sparse = [3, 4_000, 2_000_000_000, 2_000_000_001, u32::MAX - 1];
    let mut folder = TestFolder::new(7, sparse);
    assert_eq!(uids(&mut folder, None), (sparse.to_vec(), Some(at(7, u32::MAX))));
    assert!(folder.heard.len() < 60, "{}", folder.heard.len());
    // UIDs were given out and their mails are gone: the last mail is an old one.
    let mut folder = TestFolder::new(7, [5]);
    folder.uid_next = 4_000_000_000;
    assert_eq!(uids(&mut folder, Some(at(7, 6))), (vec![], Some(at(7, 4_000_000_000))));
    let mut folder = TestFolder::new(7, []);
    assert_eq!(uids(&mut folder, None), (vec![], None));
}

#[test]
fn a_server_that_does_not_say_what_comes_next_is_not_thought_to_have_gone_back() {
    let mut folder = TestFolder::new(7, [5, 9]);
    folder.hides_uid_next = true;
    assert_eq!(uids(&mut folder, Some(at(7, 6))), (vec![9], Some(at(7, 10))));
    // The last mail goes: what is known of the first is not read again.
    folder.mails.remove(&9);
    let (read, result) = read(&mut folder, Some(at(7, 10)), usize::MAX);
    assert_eq!((read.start, read.uids, result), (Some(Start::Continued), vec![], Ok(())));
    assert_eq!(read.cursor, Some(at(7, 10)));
    folder.mails.clear();
    assert_eq!(uids(&mut folder, Some(at(7, 10))), (vec![], Some(at(7, 10))));
}

#[test]
fn what_has_no_lasting_uids_is_not_read() {
    let mut folder = TestFolder::new(7, [5, 9]);
    folder.is_not_sticky = true;
    let (read, result) = read(&mut folder, None, usize::MAX);
    assert_eq!((read.uids, result), (vec![], Err(ImapError::NoUidValidity)));
}

#[test]
fn what_is_too_large_is_passed_over_by_its_size() {
    let mut folder = TestFolder::new(7, 1..=4);
    folder.sizes.insert(2, MAIL_BYTES_MAX + 1);
    let (read, result) = read(&mut folder, None, usize::MAX);
    assert_eq!((read.uids, result), (vec![1, 3, 4], Ok(())));
    let why = WhySkipped::TooLarge { size_bytes: MAIL_BYTES_MAX + 1 };
    assert_eq!(read.skipped, [Skipped { uid: 2, why }]);
    assert!(folder.heard.iter().any(|line| line.contains("UID FETCH 1,3:4 (UID BODY.PEEK[])")));
    // A size that was a lie: it comes all the same, and is not kept.
    let mut folder = TestFolder::new(7, 1..=2);
    let large = vec![b'x'; MAIL_BYTES_MAX as usize + 1];
    folder.sizes.insert(1, 10);
    folder.mails.insert(1, large);
    let (read, result) = super::testing::read(&mut folder, None, usize::MAX);
    assert_eq!((read.uids, result), (vec![2], Ok(())));
    assert_eq!(read.skipped, [Skipped { uid: 1, why }]);
}

#[test]
fn a_batch_fits_into_memory() {
    let mut folder = TestFolder::new(7, 1..=5);
    for uid in [1, 2, 4] {
        folder.sizes.insert(uid, 3 * 1024 * 1024);
    }
    let (read, result) = read(&mut folder, None, usize::MAX);
    assert_eq!((read.batches, read.uids, result), (3, vec![1, 2, 3, 4, 5], Ok(())));
}

#[test]
fn a_batch_fits_into_memory_also_where_the_sizes_were_lies() {
    let mut folder = TestFolder::new(7, 1..=9);
    for (uid, raw) in &mut folder.mails {
        folder.sizes.insert(*uid, 10);
        raw.resize(3 * 1024 * 1024, b'x');
    }
    let (read, result) = super::testing::read(&mut folder, None, usize::MAX);
    assert_eq!((read.uids, result), ((1..=9).collect(), Ok(())));
    assert!(read.batch_bytes_max <= 4 * 1024 * 1024, "{}", read.batch_bytes_max);
}

#[test]
fn what_comes_only_by_itself_is_no_more_than_a_batch_either() {
    let mut folder = TestFolder::new(7, 1..=3);
    for (uid, raw) in &mut folder.mails {
        folder.sizes.insert(*uid, 10);
        raw.resize(3 * 1024 * 1024, b'x');
    }
    folder.gives_one = true;
    let (read, result) = super::testing::read(&mut folder, None, usize::MAX);
    assert_eq!((read.uids, result), (vec![1, 2, 3], Ok(())));
    assert!(read.batch_bytes_max <= 4 * 1024 * 1024, "{}", read.batch_bytes_max);
}

#[test]
fn who_sends_without_an_end_is_left() {
    let mut folder = TestFolder::new(7, 1..=2);
    let body = "x".repeat(25 * 1024 * 1024);
    folder.withheld = vec![1, 2];
    let mut answer = |line: &str| match line.contains("BODY.PEEK") {
        true => {
            let other = format!("* 9 FETCH (UID 9 BODY[] {{{}}}\r\n{body})\r\n", body.len());
            say(other.repeat(6))
        }
        false => folder.answer(line),
    };
    let stream = TestStream::new(b"* OK hi\r\n", 16_384, &mut answer);
    let result = run(async {
        let mut session = connect(stream, &NoTime, &settings(Security::Plain)).await?;
        let mut sync = session.sync(&FolderName::inbox(), None).await?;
        let first = sync.next_batch().await.expect_err("there is no end");
        assert_eq!(sync.next_batch().await, Err(first.clone()), "it stays so");
        Err::<(), ImapError>(first)
    });
    let failure = Failure::BadResponse { error: ResponseError::TooMany };
    assert_eq!(result, Err(ImapError::Broken { at: Stage::FetchMail, failure }));
}

#[test]
fn what_came_before_the_line_broke_is_kept_and_the_rest_is_read_next() {
    let mut folder = TestFolder::new(7, 1..=5);
    folder.bodies_max = Some(2);
    let (mut all, mut cursor) = (Vec::new(), None);
    for count in [2, 2, 1] {
        let (read, result) = read(&mut folder, cursor, usize::MAX);
        assert_eq!((read.uids.len(), result.is_err()), (count, count == 2));
        all.extend(read.uids);
        cursor = read.cursor;
    }
    assert_eq!((all, cursor), ((1..=5).collect(), Some(at(7, 6))));
}

#[test]
fn a_mail_that_goes_away_meanwhile_is_told_and_holds_nobody_up() {
    let mut folder = TestFolder::new(7, 1..=3);
    folder.vanishing = vec![2];
    folder.aside = "* 2 EXPUNGE\r\n* 9 FETCH (FLAGS (\\Seen))\r\n* 9 EXISTS\r\n".into();
    let (first, result) = read(&mut folder, None, usize::MAX);
    assert_eq!((first.uids, result), (vec![1, 3], Ok(())));
    assert_eq!(first.skipped, [Skipped { uid: 2, why: WhySkipped::Gone }]);
    // Another server says NO, beside what it has: that need not come again.
    let mut folder = TestFolder::new(7, 1..=3);
    (folder.vanishing, folder.tells_of_gone) = (vec![2], true);
    let (read, result) = read(&mut folder, None, usize::MAX);
    assert_eq!((read.uids, read.batches, result), (vec![1, 3], 1, Ok(())));
    assert_eq!(read.skipped, [Skipped { uid: 2, why: WhySkipped::Gone }]);
    let asked = folder.heard.iter().filter(|line| line.contains("BODY.PEEK")).count();
    assert_eq!(asked, 2, "{:?}", folder.heard);
}

#[test]
fn a_mail_that_is_there_and_does_not_come_is_not_taken_for_gone() {
    let mut folder = TestFolder::new(7, 1..=5);
    folder.withheld = vec![3];
    let (first, result) = read(&mut folder, None, usize::MAX);
    assert_eq!((first.uids, first.cursor), (vec![1, 2], Some(at(7, 3))));
    assert_eq!((first.skipped, result), (vec![], Err(ImapError::MailNotGiven { uid: 3 })));
    folder.withheld.clear();
    assert_eq!(uids(&mut folder, first.cursor), (vec![3, 4, 5], Some(at(7, 6))));
}

#[test]
fn a_mail_that_is_refused_is_named_once_all_before_it_are_given() {
    let mut folder = TestFolder::new(7, 1..=5);
    folder.refused = vec![3];
    let (first, result) = read(&mut folder, None, usize::MAX);
    assert_eq!((first.uids, first.cursor), (vec![1, 2], Some(at(7, 3))));
    let code = Some(Code::Other { name: "SERVERBUG".into() });
    let refused = Err(ImapError::MailRefused { uid: 3, code, text: "broken".into() });
    assert_eq!(result, refused);
    let (none, result) = read(&mut folder, first.cursor, usize::MAX);
    assert_eq!((none.uids, none.cursor, result), (vec![], first.cursor, refused));
    assert_eq!(uids(&mut folder, Some(at(7, 4))), (vec![4, 5], Some(at(7, 6))));
}
