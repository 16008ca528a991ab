//! Damage: what is done to an input, knowing how its kind is written.

use super::words;
use crate::sim::random::Random;
use std::ops::Range;

/// The usual bound of an input, and the one of the few large ones, in bytes.
const BYTES_MAX: usize = 16 * 1024;
const LARGE_BYTES_MAX: usize = 400 * 1024;
/// How many in a thousand are large.
const LARGE_PER_MILLE: u64 = 1;
/// Bytes that mean something somewhere.
const SPECIAL: &[u8] = b"\r\n=?<>\"\\(;:,@-_. \t\0\x1b\x80\xc3\xe3\xff09azAZ{}[]*+~%&#/'";

/// Inputs to begin with: small ones, and whole ones that are drawn seldom.
#[derive(Debug, Clone, Default)]
pub struct Seeds {
    /// Of a few kilobytes.
    pub small: Vec<Vec<u8>>,
    /// As they are.
    pub large: Vec<Vec<u8>>,
}

impl Seeds {
    fn pick(&self, random: &mut Random, is_large: bool) -> &[u8] {
        let from = if is_large && !self.large.is_empty() { &self.large } else { &self.small };
        &from[random.index(from.len())]
    }
}

/// The kind of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Header fields, parts, encodings.
    Mail,
    /// Lines and words.
    Words(&'static [&'static str]),
}

/// A seed with a few things done to it.
pub fn damaged(seeds: &Seeds, kind: Kind, random: &mut Random) -> Vec<u8> {
    let is_large = random.chance(LARGE_PER_MILLE);
    let mut bytes = seeds.pick(random, is_large).to_vec();
    let bytes_max = if is_large { LARGE_BYTES_MAX } else { BYTES_MAX };
    for _ in 0..=random.index(6) {
        match (kind, random.index(3)) {
            (Kind::Mail, 0) => damage_mail(&mut bytes, seeds, random, is_large),
            _ => damage(&mut bytes, seeds, kind, random, is_large),
        }
        bytes.truncate(bytes_max);
    }
    bytes
}

/// What can be done to any text.
fn damage(bytes: &mut Vec<u8>, seeds: &Seeds, kind: Kind, random: &mut Random, is_large: bool) {
    let at = place(bytes, random);
    let words = match kind {
        Kind::Mail => words::MAIL,
        Kind::Words(words) => words,
    };
    let word = random.pick(words).as_bytes();
    match random.index(12) {
        0 => bytes.truncate(at),
        1 => {
            for _ in 0..=random.index(8) {
                let at = random.index(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = *random.pick(SPECIAL);
                }
            }
        }
        2 => drop(bytes.drain(range(bytes, at, 300, random))),
        3 => {
            let range = range(bytes, at, 500, random);
            let times = 1 + random.index(if is_large { 800 } else { 4 });
            let again = bytes[range].repeat(times);
            drop(bytes.splice(at..at, again));
        }
        4 => {
            let times = 1 + random.index(if is_large { 40_000 } else { 150 });
            drop(bytes.splice(at..at, word.repeat(times)));
        }
        5 => {
            let other = seeds.pick(random, false);
            let from = place(other, random);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        6 => {
            let other = seeds.pick(random, false);
            let line = line(other, random);
            drop(bytes.splice(at..at, other[line].iter().copied()));
        }
        7 => {
            let line = line(bytes, random);
            let moved: Vec<u8> = bytes.drain(line).collect();
            let at = place(bytes, random);
            drop(bytes.splice(at..at, moved));
        }
        8 => number(bytes, random),
        9 => {
            let noise: Vec<u8> = (0..=random.index(24)).map(|_| random.bits() as u8).collect();
            drop(bytes.splice(at..at, noise));
        }
        _ => drop(bytes.splice(at..at, word.iter().copied())),
    }
}

/// What can be done to mail.
fn damage_mail(bytes: &mut Vec<u8>, seeds: &Seeds, random: &mut Random, is_large: bool) {
    let at = line_start(bytes, random);
    match random.index(9) {
        0 => {
            let line = line(bytes, random);
            if let Some(colon) = bytes[line.clone()].iter().position(|byte| *byte == b':') {
                let name = line.start..line.start + colon;
                drop(bytes.splice(name, random.pick(words::FIELDS).bytes()));
            }
        }
        1 => {
            let mut field = random.pick(words::FIELDS).as_bytes().to_vec();
            field.push(b':');
            for _ in 0..random.index(4) {
                field.push(b' ');
                field.extend_from_slice(random.pick(words::MAIL).as_bytes());
            }
            field.extend_from_slice(b"\r\n");
            let at = if random.chance(500) { 0 } else { at };
            drop(bytes.splice(at..at, field));
        }
        2 => {
            let depth = 1 + random.index(if is_large { 3_000 } else { 12 });
            let kind = *random.pick(&["mixed", "alternative", "related", "report", "digest"]);
            let same = random.chance(300);
            let nest = |n: usize| {
                let n = if same { 0 } else { n };
                format!("Content-Type: multipart/{kind}; boundary=b{n}\r\n\r\n--b{n}\r\n")
            };
            let nests: String = (0..depth).map(nest).collect();
            let at = if random.chance(500) { 0 } else { at };
            drop(bytes.splice(at..at, nests.into_bytes()));
        }
        3 => {
            let range = range(bytes, at, 80, random);
            let charset =
                *random.pick(&["utf-8", "iso-2022-jp", "gb18030", "utf-7", "x", "koi8-r"]);
            let form = *random.pick(&["q", "b", "Q", "B", "x", ""]);
            let mut encoded = format!("=?{charset}?{form}?").into_bytes();
            encoded.extend_from_slice(&bytes[range.clone()]);
            encoded.extend_from_slice(b"?=");
            drop(bytes.splice(range, encoded));
        }
        4 => {
            let length = random.index(if is_large { 300_000 } else { 6_000 });
            let byte = *random.pick(SPECIAL);
            drop(bytes.splice(at..at, std::iter::repeat_n(byte, length)));
        }
        5 => {
            let ends: [&[u8]; 3] = [b"\r\n", b"\n", b"\r"];
            let end = *random.pick(&ends);
            *bytes = with_ends(bytes, end);
        }
        6 => {
            let how =
                *random.pick(&["base64", "quoted-printable", "x-uuencode", "binary", "7-bit"]);
            let field = format!("Content-Transfer-Encoding: {how}\r\n");
            drop(bytes.splice(at..at, field.into_bytes()));
        }
        7 => {
            let other = seeds.pick(random, false).to_vec();
            drop(bytes.splice(at..at, b"Content-Type: message/rfc822\r\n\r\n".iter().copied()));
            bytes.extend_from_slice(&other);
        }
        _ => {
            let start = random.index(bytes.len());
            for byte in bytes.iter_mut().skip(start).take(1 + random.index(6)) {
                *byte = 0;
            }
        }
    }
}

/// Anywhere, half of the time at the beginning of a line.
fn place(bytes: &[u8], random: &mut Random) -> usize {
    match random.chance(500) {
        true => line_start(bytes, random),
        false => random.index(bytes.len() + 1),
    }
}

fn line_start(bytes: &[u8], random: &mut Random) -> usize {
    let at = random.index(bytes.len() + 1);
    bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

fn line(bytes: &[u8], random: &mut Random) -> Range<usize> {
    let start = line_start(bytes, random);
    let end = bytes[start..].iter().position(|byte| *byte == b'\n');
    start..end.map_or(bytes.len(), |end| start + end + 1)
}

fn range(bytes: &[u8], at: usize, length_max: usize, random: &mut Random) -> Range<usize> {
    at..at + random.index((bytes.len() - at).min(length_max) + 1)
}

/// Another number in the place of one.
fn number(bytes: &mut Vec<u8>, random: &mut Random) {
    let from = random.index(bytes.len());
    let rest = bytes.get(from..).unwrap_or_default();
    let Some(start) = rest.iter().position(u8::is_ascii_digit) else { return };
    let digits = rest[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let range = from + start..from + start + digits;
    let others = ["0", "1", "-1", "999", "4294967296", "9223372036854775808", "00000000000000001"];
    drop(bytes.splice(range, random.pick(&others).bytes()));
}

/// All lines with one kind of end.
pub fn with_ends(bytes: &[u8], end: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text));
        match text {
            Some(text) => {
                out.extend_from_slice(text);
                out.extend_from_slice(end);
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}
