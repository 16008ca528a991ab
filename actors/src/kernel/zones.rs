//! Time zones: how far the clocks on the wall are from UTC.
//!
//! The tables are a tenth of a Worker, and every runtime has them: in a Worker they are the
//! runtime's (`Intl`), natively those of a crate.

use schema::Millis;

#[cfg(target_arch = "wasm32")]
use super::host::zones as home;

/// The longest name of a zone.
const NAME_BYTES_MAX: usize = 64;

/// The name of a zone as the tables spell it; `None` where there is no such zone.
#[must_use]
pub fn named(name: &str) -> Option<String> {
    let odd = |byte: u8| !byte.is_ascii_alphanumeric() && !b"/_+-".contains(&byte);
    let letter = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if !letter || name.len() > NAME_BYTES_MAX || name.bytes().any(odd) {
        return None;
    }
    home::named(name)
}

/// How much later than in UTC it is on the walls of a zone, at a time; of an unknown zone, nothing.
#[must_use]
pub fn offset_at(zone: &str, at: Millis) -> Millis {
    home::offset_s(zone, at).unwrap_or(0) * 1000
}

/// The native home.
#[cfg(not(target_arch = "wasm32"))]
mod home {
    use jiff::Timestamp;
    use jiff::tz::{TimeZone, TimeZoneDatabase};
    use schema::Millis;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    thread_local! {
        static KEPT: RefCell<BTreeMap<String, TimeZone>> = const { RefCell::new(BTreeMap::new()) };
    }

    fn zone(name: &str) -> Option<TimeZone> {
        if let Some(zone) = KEPT.with_borrow(|kept| kept.get(name).cloned()) {
            return Some(zone);
        }
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        KEPT.with_borrow_mut(|kept| kept.insert(name.to_owned(), zone.clone()));
        Some(zone)
    }

    pub fn named(name: &str) -> Option<String> {
        zone(name)?.iana_name().map(str::to_owned)
    }

    pub fn offset_s(name: &str, at: Millis) -> Option<i64> {
        let at = Timestamp::from_millisecond(at).ok()?;
        Some(i64::from(zone(name)?.to_offset(at).seconds()))
    }
}
