//! Seeds that once failed, with what was wrong.

/// Seed, and what it found.
pub const SEEDS: &[(u64, &str)] = &[
    (761, "the check of D1 raced with the midnight that rang in its instant"),
    (2762, "the check of D1 raced with the midnight that rang in its instant"),
    (6723, "the check knew no mail that was committed before anybody heard of its slot"),
    (9886, "a client's request arrived after its key was forgotten"),
    (41321, "the check knew no mail that was committed before anybody heard of its slot"),
    (50076, "tries of a webhook had the time at which their answer was noted, a day late"),
    (60055, "tries of a webhook had the time at which their answer was noted, a day late"),
    (9016, "a rule's webhook, told minutes later, was taken for the end of what a macro set off"),
];
