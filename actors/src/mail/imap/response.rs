//! What a response says, as far as it concerns us. Data of kinds that nobody asked for is passed
//! over; data that was asked for and cannot be read is an error, for to pass over it would be to
//! lose a mail.

use serde::{Deserialize, Serialize};

use super::date;
use super::decoder::{Frame, ResponseError};
use super::folder::{Folder, FolderName};
use super::value::{Value, number, words_of};
use crate::mail::wire::plain;

const TEXT_CHARS_MAX: usize = 1_000;
const NAME_BYTES_MAX: usize = 1_000;

/// How a command ended, or what the server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// A condition, its code and the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    pub condition: Condition,
    pub code: Option<Code>,
    /// Without controls, at most 1,000 characters.
    pub text: String,
}

/// What a server says for programs (RFC 3501 §7.1, RFC 5530, RFC 7162).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Code {
    /// The text must be shown to the user.
    Alert,
    /// The user or the password is wrong.
    AuthenticationFailed,
    /// The user may not do that.
    AuthorizationFailed,
    /// The password is too old.
    Expired,
    /// Some part of the server is down: later it may work.
    Unavailable,
    /// Too much of something.
    Limit,
    /// Another client is in the way.
    InUse,
    /// The secret may not be sent without TLS.
    PrivacyRequired,
    /// The folder has no lasting UIDs.
    UidNotSticky,
    /// Some of the mails are gone.
    ExpungeIssued,
    /// There is no such folder.
    NonExistent,
    /// What the server can.
    Capability {
        /// In capitals.
        names: Vec<String>,
    },
    /// The folder's generation: with another one, all its UIDs mean other mails.
    UidValidity {
        /// Never 0.
        value: u32,
    },
    /// A number above all UIDs.
    UidNext {
        /// Never 0.
        value: u32,
    },
    /// CONDSTORE: grows with every change of the folder.
    HighestModSeq {
        /// 63 bits.
        value: u64,
    },
    /// Any other.
    Other {
        /// In capitals.
        name: String,
    },
}

impl Code {
    /// Whether it stays so until somebody changes the settings or the account.
    pub(super) fn is_for_good(&self) -> bool {
        matches!(
            self,
            Code::AuthenticationFailed
                | Code::AuthorizationFailed
                | Code::Expired
                | Code::PrivacyRequired
                | Code::NonExistent
        )
    }
}

/// A body that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Whole(Vec<u8>),
    TooLarge(u64),
}

/// What a FETCH response says of one mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fetched {
    pub uid: Option<u32>,
    pub size_bytes: Option<u64>,
    /// When the server got the mail, in seconds since 1970.
    pub received_at: Option<i64>,
    /// `None` also where the server says NIL.
    pub body: Option<Body>,
}

/// What STATUS or EXAMINE say of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FolderState {
    /// How many mails it holds.
    pub mails: u32,
    /// Its generation; `None` where the server has no lasting UIDs.
    pub uid_validity: Option<u32>,
    /// A number above all UIDs; `None` where the server does not say it.
    pub uid_next: Option<u32>,
    /// CONDSTORE, where the server offers it for this folder.
    pub highest_mod_seq: Option<u64>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Response {
    /// The server waits for the rest of a command.
    Continue,
    Tagged(String, Status),
    Untagged(Status),
    Capability(Vec<String>),
    Folder(Folder),
    State(FolderState),
    Search(Vec<u32>),
    Exists(u32),
    Expunge,
    Fetch(u32, Fetched),
    /// What nobody asked for.
    Other,
}

/// Reads a response.
pub(super) fn parse(mut frame: Frame) -> Result<Response, ResponseError> {
    let text = std::mem::take(&mut frame.text);
    match text.as_slice() {
        [b'+', ..] => Ok(Response::Continue),
        [b'*', b' ', ..] => {
            frame.text = text;
            untagged(frame)
        }
        text => {
            let text = String::from_utf8_lossy(text);
            let (tag, rest) = text.split_once(' ').ok_or(ResponseError::NotResponse)?;
            let (word, rest) = split_word(rest);
            let condition = condition(word).ok_or(ResponseError::NotResponse)?;
            match condition {
                Condition::Ok | Condition::No | Condition::Bad if !tag.is_empty() => {
                    Ok(Response::Tagged(tag.to_owned(), status(condition, rest)))
                }
                _ => Err(ResponseError::NotResponse),
            }
        }
    }
}

fn untagged(mut frame: Frame) -> Result<Response, ResponseError> {
    let line = String::from_utf8_lossy(frame.text.get(2..).unwrap_or_default()).into_owned();
    let (word, rest) = split_word(&line);
    if let Some(condition) = condition(word) {
        return Ok(Response::Untagged(status(condition, rest)));
    }
    // Offsets are those of the bytes: up to here all is ASCII, or nobody asked for it.
    let behind = 2 + word.len();
    match word.to_ascii_uppercase().as_str() {
        "CAPABILITY" => Ok(Response::Capability(capitals(rest))),
        "LIST" => folder(&mut frame, behind),
        "STATUS" => folder_state(&mut frame, behind),
        "SEARCH" => Ok(Response::Search(uids(rest)?)),
        digits if number(digits).is_some() => {
            let count = u32::try_from(number(digits).unwrap_or(u64::MAX));
            let count = count.map_err(|_| ResponseError::NotResponse)?;
            let (kind, _) = split_word(rest);
            match kind.to_ascii_uppercase().as_str() {
                "EXISTS" => Ok(Response::Exists(count)),
                "EXPUNGE" => Ok(Response::Expunge),
                "FETCH" => {
                    let behind = behind + 1 + kind.len();
                    fetched(&mut frame, behind).map(|fetched| Response::Fetch(count, fetched))
                }
                _ => Ok(Response::Other),
            }
        }
        _ => Ok(Response::Other),
    }
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

fn condition(word: &str) -> Option<Condition> {
    let all = [
        ("OK", Condition::Ok),
        ("NO", Condition::No),
        ("BAD", Condition::Bad),
        ("BYE", Condition::Bye),
        ("PREAUTH", Condition::PreAuth),
    ];
    all.into_iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
        .map(|(_, condition)| condition)
}

fn status(condition: Condition, rest: &str) -> Status {
    let coded = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (code, text) = match coded {
        Some((inner, text)) => (Some(code(inner)), text),
        None => (None, rest),
    };
    let text = plain(text).trim().chars().take(TEXT_CHARS_MAX).collect();
    Status { condition, code, text }
}

fn code(inner: &str) -> Code {
    let (name, rest) = split_word(inner);
    let name = name.to_ascii_uppercase();
    let value = number(split_word(rest).0).filter(|value| *value > 0);
    let small = value.and_then(|value| u32::try_from(value).ok());
    match (name.as_str(), value, small) {
        ("ALERT", ..) => Code::Alert,
        ("AUTHENTICATIONFAILED", ..) => Code::AuthenticationFailed,
        ("AUTHORIZATIONFAILED", ..) => Code::AuthorizationFailed,
        ("EXPIRED", ..) => Code::Expired,
        ("UNAVAILABLE", ..) => Code::Unavailable,
        ("LIMIT", ..) => Code::Limit,
        ("INUSE", ..) => Code::InUse,
        ("PRIVACYREQUIRED", ..) => Code::PrivacyRequired,
        ("UIDNOTSTICKY", ..) => Code::UidNotSticky,
        ("EXPUNGEISSUED", ..) => Code::ExpungeIssued,
        ("NONEXISTENT", ..) => Code::NonExistent,
        ("CAPABILITY", ..) => Code::Capability { names: capitals(rest) },
        ("UIDVALIDITY", _, Some(value)) => Code::UidValidity { value },
        ("UIDNEXT", _, Some(value)) => Code::UidNext { value },
        ("HIGHESTMODSEQ", Some(value), _) => Code::HighestModSeq { value },
        _ => Code::Other { name: plain(&name).chars().take(100).collect() },
    }
}

fn capitals(words: &str) -> Vec<String> {
    words.split(' ').filter(|word| !word.is_empty()).map(str::to_ascii_uppercase).collect()
}

fn uids(words: &str) -> Result<Vec<u32>, ResponseError> {
    // CONDSTORE puts `(MODSEQ n)` behind them.
    let numbers = words.split('(').next().unwrap_or_default().split(' ');
    let uid = |word: &str| number(word).and_then(uid_of).ok_or(ResponseError::NotResponse);
    numbers.filter(|word| !word.is_empty()).map(uid).collect()
}

fn uid_of(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|uid| *uid > 0)
}

fn folder(frame: &mut Frame, from: usize) -> Result<Response, ResponseError> {
    let mut words = words_of(frame, from);
    let attributes = words.expect()?;
    let separator = words.expect()?.bytes();
    let separator = separator.and_then(|it| String::from_utf8_lossy(&it).chars().next());
    let name = words.expect()?;
    let name = match name {
        Value::Nil => Some(b"NIL".to_vec()), // a folder may be called so
        name => name.bytes(),
    };
    // A name that nobody could have chosen is one that nobody can want.
    let Some(mut name) = name.filter(|name| name.len() <= NAME_BYTES_MAX) else {
        return Ok(Response::Other);
    };
    name.shrink_to_fit();
    let name = FolderName::of_wire(name);
    let is_marked_sent = attributes.has("\\Sent");
    let can_be_opened = !attributes.has("\\Noselect") && !attributes.has("\\NonExistent");
    Ok(Response::Folder(Folder { name, separator, is_marked_sent, can_be_opened }))
}

fn folder_state(frame: &mut Frame, from: usize) -> Result<Response, ResponseError> {
    let mut words = words_of(frame, from);
    words.expect()?; // its name: one folder is asked about at a time
    let mut state = FolderState::default();
    let Value::List(items) = words.expect()? else { return Err(ResponseError::NotResponse) };
    let mut items = items.into_iter();
    while let (Some(Value::Atom(name)), Some(value)) = (items.next(), items.next()) {
        let small = value.number().and_then(|value| u32::try_from(value).ok());
        match name.to_ascii_uppercase().as_str() {
            "MESSAGES" => state.mails = small.ok_or(ResponseError::NotResponse)?,
            "UIDVALIDITY" => state.uid_validity = small.filter(|value| *value > 0),
            "UIDNEXT" => state.uid_next = small.filter(|value| *value > 0),
            "HIGHESTMODSEQ" => state.highest_mod_seq = value.number().filter(|value| *value > 0),
            _ => {}
        }
    }
    Ok(Response::State(state))
}

fn fetched(frame: &mut Frame, from: usize) -> Result<Fetched, ResponseError> {
    let Value::List(items) = words_of(frame, from).expect()? else {
        return Err(ResponseError::NotResponse);
    };
    let mut fetched = Fetched::default();
    let mut items = items.into_iter();
    while let Some(name) = items.next() {
        let (Value::Atom(name), Some(value)) = (name, items.next()) else {
            return Err(ResponseError::NotResponse);
        };
        match name.to_ascii_uppercase().as_str() {
            "UID" => {
                let uid = value.number().and_then(uid_of);
                fetched.uid = Some(uid.ok_or(ResponseError::NotResponse)?);
            }
            "RFC822.SIZE" => fetched.size_bytes = value.number(),
            "INTERNALDATE" => {
                fetched.received_at = value.bytes().and_then(|text| date::seconds(&text));
            }
            "BODY[]" => fetched.body = body(value)?,
            _ => {}
        }
    }
    Ok(fetched)
}

fn body(value: Value) -> Result<Option<Body>, ResponseError> {
    match value {
        Value::Text(bytes) => Ok(Some(Body::Whole(bytes))),
        Value::Skipped(length) => Ok(Some(Body::TooLarge(length))),
        Value::Nil => Ok(None),
        Value::Atom(_) | Value::List(_) => Err(ResponseError::NotResponse),
    }
}
