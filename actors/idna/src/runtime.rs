//! The runtime's reading of names.

use web_sys::Url;

/// A name without what would end it in a URL. A number comes back as an IPv4 address, which `url`
/// would take it for too.
pub fn ascii(name: &str) -> Option<String> {
    Some(Url::new(&format!("http://{name}/")).ok()?.hostname())
}
