//! The runtime's normal forms and host names.

use crate::kernel::url::Url;
use js_sys::JsString;

pub fn nfkc(text: &str) -> String {
    JsString::from(text).normalize("NFKC").into()
}

pub fn nfkd(text: &str) -> String {
    JsString::from(text).normalize("NFKD").into()
}

/// As the URL standard does it, which is UTS 46; a number that it takes for an address is no name.
pub fn domain_to_ascii(domain: &str) -> Option<String> {
    let host = Url::parse(&format!("http://{domain}/"))?.hostname;
    let last = host.trim_end_matches('.').rsplit('.').next()?;
    (!last.bytes().all(|byte| byte.is_ascii_digit())).then_some(host)
}
