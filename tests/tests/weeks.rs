//! Weeks of outreach that every run of the tests plays.

use tests::sim::weeks::{describe, run, run_all};

const SEEDS: u64 = 2;
/// As many as it takes until an inbox may send as much as it ever may.
const WEEKS: i64 = 5;

#[test]
fn weeks_of_outreach_break_no_rule() {
    let summary = run_all(1, SEEDS, WEEKS, true, &|_| ());
    let failed: Vec<_> = summary.failed.iter().map(describe).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(summary.seeds, SEEDS);
    // Weeks in which nothing happens would break nothing.
    let text = summary.table.text();
    let most: Vec<u64> = summary.table.weeks.iter().map(|week| week.most).collect();
    assert_eq!(most, [5, 10, 15, 18, 20], "{text}");
    let all = summary.table.total();
    assert!(all.sent.iter().all(|sent| *sent > SEEDS * 100), "{text}");
    let seen = [all.replies, all.opt_outs, all.bounces, all.paused];
    assert!(seen.iter().all(|count| *count > SEEDS), "{text}");
}

#[test]
fn the_same_seed_plays_the_same_weeks() {
    let [one, other] = [1, 1].map(|seed| run(seed, 1, false));
    assert_eq!((one.hash, one.table), (other.hash, other.table));
}
