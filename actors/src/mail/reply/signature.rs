//! Where the writer's own words end: `-- `, "Sent from my phone", "Kind regards,".
//!
//! A sign-off of words counts where it stands alone on its line and is one that hardly anybody
//! goes on after; the many others stay visible, for what is below them would go with them.

use super::header;
use super::phrases::SENT_FROM;

/// As many underscores Outlook draws above a quote.
const OUTLOOK_RULE_CHARS: usize = 32;
/// Longer than the names of devices and programs, in any script.
const SENT_FROM_BYTES_MAX: usize = 120;
/// Longer than any sign-off.
const SIGN_OFF_BYTES_MAX: usize = 60;

/// Whether a signature begins with this line.
pub(super) fn begins_with(line: &str) -> bool {
    let line = line.trim();
    is_rule(line) || is_sent_from(line) || is_sign_off(line) || header::begins_in_data(line)
}

/// `--` and its kin; a longer line of dashes is underlined text.
fn is_rule(line: &str) -> bool {
    let Some(first) = line.chars().next().filter(|first| "-_+=".contains(*first)) else {
        return false;
    };
    let is_short = (2..=4).contains(&line.len());
    (is_short || first == '_' && line.len() == OUTLOOK_RULE_CHARS)
        && line.chars().all(|char| char == first)
}

fn is_sent_from(line: &str) -> bool {
    if SENT_FROM_BYTES_MAX < line.len() {
        return false;
    }
    let inner = |(head, tail): &(&str, &str)| line.strip_prefix(head)?.strip_suffix(tail);
    SENT_FROM.iter().filter_map(inner).any(|device| !device.trim().is_empty())
}

fn is_sign_off(line: &str) -> bool {
    if SIGN_OFF_BYTES_MAX < line.len() {
        return false;
    }
    let line = line.strip_suffix(['!', '！']).unwrap_or(line);
    let line = line.strip_suffix([',', '，']).unwrap_or(line).to_lowercase();
    let whole = ["cheers", "best wishes", "bien à vous", "bonne journée", "bonne soirée"];
    if whole.contains(&line.as_str()) {
        return true;
    }
    // "Kind regards", "Thanks and regards", "Bien cordialement": one word may stand before.
    let before = |end| line.strip_suffix(end).map(str::trim_end);
    let Some(before) = before("regards").or_else(|| before("cordialement")) else { return false };
    let before = before.strip_suffix(" and").unwrap_or(before);
    before.chars().all(char::is_alphanumeric)
}
