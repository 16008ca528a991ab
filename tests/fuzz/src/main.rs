//! One target under libFuzzer; `POSTROOM_FUZZ_TARGET` names it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use tests::fuzz::targets::{self, Check};

thread_local! {
    static CHECK: RefCell<Check> = RefCell::new(wanted());
}

fn wanted() -> Check {
    let name = std::env::var("POSTROOM_FUZZ_TARGET").unwrap_or_default();
    targets::check(&name).unwrap_or_else(|| panic!("POSTROOM_FUZZ_TARGET={name} is no target"))
}

fuzz_target!(|input: &[u8]| {
    CHECK.with_borrow_mut(|check| {
        if let Err(why) = check(input) {
            panic!("a rule is broken: {why}");
        }
    });
});
