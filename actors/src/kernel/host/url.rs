//! The runtime's reading of URLs.

use crate::kernel::url::Url;

pub fn read(text: &str) -> Option<Url> {
    let url = web_sys::Url::new(text).ok()?;
    Some(Url {
        href: url.href(),
        origin: url.origin(),
        protocol: url.protocol(),
        username: url.username(),
        password: url.password(),
        hostname: url.hostname(),
        port: url.port(),
    })
}
