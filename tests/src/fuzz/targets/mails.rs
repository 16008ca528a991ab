//! Mails, and the HTML in them.

use super::super::Target;
use super::super::harmless::is_harmless;
use super::super::mail::Mime;
use super::super::mutate::Seeds;
use crate::sim::random::Random;
use actors::mail::safe_html::{Images, safe_html};

/// From a mail's bytes to a comment: [`Mime`], with what else it draws taken from the input.
pub fn mime_to_comment() -> super::Check {
    let mut mime = Mime::new("mime_to_comment", Seeds::default());
    Box::new(move |input| {
        let add = |sum: u64, byte: &u8| sum.wrapping_mul(31).wrapping_add(u64::from(*byte));
        let seed = input.iter().take(64).fold(7, add);
        mime.run(input, &mut Random::new(seed, 0))
    })
}

/// The longest HTML that is made harmless twice: escapes make values of attributes longer, and too
/// long ones are left out.
const AGAIN_BYTES_MAX: usize = 4 * 1024;

/// HTML without what is put in at each making, in any order, and without line ends.
fn bare(html: &str) -> String {
    html.replace(" rel=\"noopener noreferrer nofollow\"", "")
        .replace(" target=\"_blank\"", "")
        .replace(['\r', '\n'], "")
}

/// HTML of a mail: nothing in what is shown does anything, making it harmless again changes
/// nothing, and it is as long as its input allows. Line ends are not compared: a reader drops the
/// first one in `pre`; nor is what is put into every link.
pub fn html_sanitise(input: &[u8]) -> Result<&'static str, String> {
    let html = String::from_utf8_lossy(input);
    let Ok(safe) = safe_html(&html, &Images::default()) else { return Ok("too long") };
    is_harmless(&html, &safe)?;
    if safe.html.len() <= AGAIN_BYTES_MAX {
        let again = safe_html(&safe.html, &Images::default());
        let again = again.map_err(|_| "what is shown is too long to be shown")?;
        if bare(&again.html) != bare(&safe.html) {
            return Err(format!("{:?} is shown again as {:?}", safe.html, again.html));
        }
    }
    Ok(if safe.html.is_empty() { "nothing" } else { "shown" })
}
