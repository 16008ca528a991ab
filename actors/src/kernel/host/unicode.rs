//! The runtime's normal forms and host names.

use js_sys::JsString;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type URL;

    #[wasm_bindgen(constructor, catch)]
    fn new(text: &str) -> Result<URL, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn hostname(this: &URL) -> String;
}

pub fn nfkc(text: &str) -> String {
    JsString::from(text).normalize("NFKC").into()
}

pub fn nfkd(text: &str) -> String {
    JsString::from(text).normalize("NFKD").into()
}

/// As the URL standard does it, which is UTS 46; a number that it takes for an address is no name.
pub fn domain_to_ascii(domain: &str) -> Option<String> {
    let host = URL::new(&format!("http://{domain}/")).ok()?.hostname();
    let last = host.trim_end_matches('.').rsplit('.').next()?;
    (!last.bytes().all(|byte| byte.is_ascii_digit())).then_some(host)
}
