//! The HTML of a mail as a page of its own, in which nothing runs and which asks for nothing.
//!
//! What stands in it is harmless already ([`actors::mail::safe_html`]); its policy says so once
//! more to the browser. The policy is in the page too, because a client takes the text with its
//! token and puts it into a frame, where no header of ours goes with it.

use crate::http::Response;
use crate::respond::{Common, set};
use actors::mail::safe_html::SafeHtml;

/// The page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What is in it.
    pub content: SafeHtml,
    /// From where its images may come, as a policy says it.
    pub image_sources: String,
}

impl Page {
    /// What a browser is to allow, by a header or within the page.
    fn policy(&self) -> String {
        let images = &self.image_sources;
        format!(
            "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; base-uri 'none'; \
             form-action 'none'"
        )
    }

    fn text(&self) -> String {
        let (policy, html) = (self.policy(), &self.content.html);
        format!(
            "<!doctype html><html><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"content-security-policy\" content=\"{policy}\">\
             <meta http-equiv=\"x-dns-prefetch-control\" content=\"off\">\
             <meta name=\"referrer\" content=\"no-referrer\"></head><body>{html}</body></html>"
        )
    }
}

impl Common {
    /// A page that is shown; links in it open elsewhere.
    #[must_use]
    pub fn page(&self, page: &Page) -> Response {
        let mut headers = self.headers();
        let policy = format!("{}; {ONLY_IN_A_HEADER}", page.policy());
        set(&mut headers, "content-type", "text/html; charset=utf-8".into());
        set(&mut headers, "content-security-policy", policy);
        set(&mut headers, "x-dns-prefetch-control", "off".into());
        set(&mut headers, "x-images-blocked", page.content.images_blocked.to_string());
        Response { status: 200, headers, body: page.text().into_bytes() }
    }
}

/// What a browser does not take from a page itself. Nothing opens a window but a person's click.
const ONLY_IN_A_HEADER: &str =
    "sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'none'";
