//! Seeds of the simulator that every run of the tests goes through.

use tests::sim::{regressions, report, run};

const SEEDS: u64 = 200;

#[test]
fn seeds_run_without_a_violation() {
    let summary = report::run_all(1, SEEDS, true);
    let failed: Vec<_> = summary.failed.iter().map(report::describe).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!(summary.seeds, SEEDS);
    // A simulator in which nothing happens would find nothing.
    assert!(summary.commands > SEEDS * 100, "{} commands", summary.commands);
    assert_eq!(summary.silent(), Vec::<&str>::new(), "every kind of fault strikes");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 1_000..1_020 {
        assert_eq!(run::run(seed, false).hash, run::run(seed, false).hash, "seed {seed}");
    }
    assert_ne!(run::run(1_000, false).hash, run::run(1_001, false).hash);
}

#[test]
fn seeds_that_once_failed_do_not() {
    for (seed, found) in regressions::SEEDS {
        let outcome = run::run(*seed, false);
        assert!(outcome.violation.is_none(), "{found}\n{}", report::describe(&outcome));
    }
}
