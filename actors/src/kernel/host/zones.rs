//! The runtime's time zones.

use js_sys::{Object, Reflect};
use litemap::LiteMap;
use schema::Millis;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

/// How many zones are kept: making one costs the runtime more than asking it.
const KEPT_MAX: usize = 64;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl)]
    type DateTimeFormat;

    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &Object) -> Result<DateTimeFormat, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn format(this: &DateTimeFormat, at: f64) -> Result<String, JsValue>;

    #[wasm_bindgen(method, js_name = resolvedOptions, catch)]
    fn resolved_options(this: &DateTimeFormat) -> Result<JsValue, JsValue>;
}

thread_local! {
    static KEPT: RefCell<LiteMap<String, DateTimeFormat>> =
        const { RefCell::new(LiteMap::new()) };
}

fn make(name: &str) -> Option<DateTimeFormat> {
    let options = Object::new();
    Reflect::set(&options, &"timeZone".into(), &name.into()).ok()?;
    Reflect::set(&options, &"timeZoneName".into(), &"longOffset".into()).ok()?;
    DateTimeFormat::new("en-US", &options).ok()
}

/// The name as the runtime spells it; where the runtime prefers another name for the zone, the one
/// that was asked for.
pub fn named(name: &str) -> Option<String> {
    let options = make(name)?.resolved_options().ok()?;
    let resolved = Reflect::get(&options, &"timeZone".into()).ok()?.as_string()?;
    Some(if resolved.eq_ignore_ascii_case(name) { resolved } else { name.to_owned() })
}

/// The seconds that a zone is ahead of UTC at a time.
pub fn offset_s(name: &str, at: Millis) -> Option<i64> {
    KEPT.with_borrow_mut(|kept| {
        if !kept.contains_key(name) {
            let made = make(name)?;
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
            kept.insert(name.to_owned(), made);
        }
        read(&kept.get(name)?.format(at as f64).ok()?)
    })
}

/// Reads `…GMT`, `…GMT+05:30`, `…GMT-00:44:30`.
fn read(text: &str) -> Option<i64> {
    let (_, offset) = text.rsplit_once("GMT")?;
    let Some(sign) = offset.chars().next() else { return Some(0) };
    let mut seconds = 0;
    for (part, unit) in offset[1..].split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * unit;
    }
    Some(if sign == '-' { -seconds } else { seconds })
}
