//! Whether mail leaves at all: `SEND_MODE`.

/// What becomes of a mail that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SendMode {
    /// It leaves.
    #[default]
    Live,
    /// It goes all the way to its server's door, counts as sent, and stays.
    Dry,
}

impl SendMode {
    /// Reads the setting; mail leaves where it is not set.
    ///
    /// # Errors
    /// Any other word: whoever misspells `dry` does not want mail to leave.
    pub fn parse(setting: Option<&str>) -> Result<Self, String> {
        match setting.map(str::trim) {
            None | Some("" | "live") => Ok(Self::Live),
            Some("dry") => Ok(Self::Dry),
            Some(other) => Err(format!("SEND_MODE is {other:?}, not live or dry")),
        }
    }

    /// The word that the setting has for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Dry => "dry",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_live_lets_mail_leave() {
        for (setting, mode) in [
            (None, Some(SendMode::Live)),
            (Some(""), Some(SendMode::Live)),
            (Some("live"), Some(SendMode::Live)),
            (Some(" dry\n"), Some(SendMode::Dry)),
            (Some("Dry"), None),
            (Some("off"), None),
        ] {
            assert_eq!(SendMode::parse(setting).ok(), mode, "{setting:?}");
        }
        for mode in [SendMode::Live, SendMode::Dry] {
            assert_eq!(SendMode::parse(Some(mode.as_str())), Ok(mode));
        }
    }
}
