//! Commands, written so that no argument can become another command.

use super::folder::FolderName;

/// The longest argument: what is longer is no name and no password.
const ARGUMENT_BYTES_MAX: usize = 2_000;
/// The longest quoted string; above it a literal is used.
const QUOTED_BYTES_MAX: usize = 500;

/// What cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadArgument;

/// A command without its tag: parts, between which the server has to ask for more.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub parts: Vec<Vec<u8>>,
    /// What is said if the server asks for more than there is: how a mechanism is given up.
    pub when_asked_more: Option<&'static str>,
}

impl Command {
    /// Of words of ours, which need no quoting.
    pub fn new(words: &str) -> Command {
        Command { parts: vec![words.as_bytes().to_vec()], when_asked_more: None }
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(part) = self.parts.last_mut() {
            part.extend_from_slice(bytes);
        }
    }

    /// Adds a string: quoted where that can be, else as a literal.
    pub fn string(mut self, bytes: &[u8]) -> Result<Command, BadArgument> {
        let is_bad = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0);
        if bytes.len() > ARGUMENT_BYTES_MAX || bytes.iter().any(is_bad) {
            return Err(BadArgument);
        }
        if bytes.len() <= QUOTED_BYTES_MAX && bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            self.push(b" \"");
            for &byte in bytes {
                if matches!(byte, b'"' | b'\\') {
                    self.push(b"\\");
                }
                self.push(&[byte]);
            }
            self.push(b"\"");
        } else {
            self.push(format!(" {{{}}}", bytes.len()).as_bytes());
            self.parts.push(bytes.to_vec());
        }
        Ok(self)
    }

    /// Adds the name of a folder.
    pub fn folder(self, name: &FolderName) -> Result<Command, BadArgument> {
        self.string(name.wire())
    }

    /// Adds words of ours.
    pub fn words(mut self, words: &str) -> Command {
        self.push(words.as_bytes());
        self
    }

    /// Adds a line of its own, for when the server has asked for it.
    pub fn line(mut self, line: &str) -> Command {
        self.parts.push(line.as_bytes().to_vec());
        self
    }
}

/// A set of UIDs in ascending order: `3:5,9`.
pub(super) fn set_of(uids: &[u32]) -> String {
    let mut out = String::new();
    let mut rest = uids;
    while let [first, ..] = rest {
        let run = rest.iter().zip(0..).take_while(|(uid, at)| uid.checked_sub(*first) == Some(*at));
        let count = run.count().max(1);
        let (run, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        if !out.is_empty() {
            out.push(',');
        }
        match run {
            [first, .., last] => out.push_str(&format!("{first}:{last}")),
            _ => out.push_str(&first.to_string()),
        }
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(command: &Command) -> Vec<String> {
        command.parts.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect()
    }

    #[test]
    fn an_argument_stays_an_argument() {
        let login = |user: &str, password: &str| {
            let command = Command::new("LOGIN").string(user.as_bytes())?;
            command.string(password.as_bytes()).map(|command| text(&command))
        };
        let quoted = vec![r#"LOGIN "a\"b\\" "" "#.trim().to_owned()];
        assert_eq!(login("a\"b\\", ""), Ok(quoted));
        let literals = ["LOGIN {3}", "ä! {4}", "\u{7f}{3}"].map(str::to_owned).to_vec();
        assert_eq!(login("ä!", "\u{7f}{3}"), Ok(literals));
        assert_eq!(login("a", &"x".repeat(501)).map(|parts| parts.len()), Ok(2));
        for bad in ["a\r\nb", "a\nb", "a\rb", "a\0b", &"x".repeat(2_001)] {
            assert_eq!(login(bad, "b"), Err(BadArgument), "{bad:?}");
            assert_eq!(login("a", bad), Err(BadArgument), "{bad:?}");
        }
    }

    #[test]
    fn uids_are_written_as_ranges() {
        assert_eq!(set_of(&[]), "");
        assert_eq!(set_of(&[7]), "7");
        assert_eq!(set_of(&[1, 2, 3, 5, 7, 8]), "1:3,5,7:8");
        assert_eq!(set_of(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
    }
}
