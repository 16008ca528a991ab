//! What goes wrong with a binding: for the log, and as the client learns of it.

use crate::log;
use js_sys::Reflect;
use schema::{Code, Reject};
use wasm_bindgen::prelude::*;

/// Logs that something does not answer.
pub(super) fn fault(what: &str, why: &str) {
    worker::console_error!(
        "{}",
        log::line("error", "unavailable", &[("what", what), ("why", why)])
    );
}

/// The client learns that something does not answer; why is for the log.
pub(super) fn unavailable(what: &str, error: impl std::fmt::Display) -> Reject {
    fault(what, &error.to_string());
    Reject::new(Code::Unavailable, format!("{what} does not answer: try again"))
}

/// What an error of the runtime says.
pub(super) fn describe(error: &JsValue) -> String {
    let error: Option<&js_sys::Error> = error.dyn_ref();
    error.map_or_else(|| "unknown error".into(), |error| String::from(error.message()))
}

/// Whether an error has a mark.
pub(super) fn flag(error: &JsValue, name: &str) -> bool {
    Reflect::get(error, &JsValue::from_str(name)).is_ok_and(|value| value.is_truthy())
}
