//! WebSocket frames (RFC 6455) as a client writes and reads them.

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, whole.
    Text,
    /// The peer closes, or agrees to.
    Close,
    /// Is to be answered by a pong with the same payload.
    Ping,
    /// Anything else: nothing a target of ours sends.
    Other,
}

/// A frame of the server's: its kind and its payload, inside of what was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// Where its payload begins.
    pub from: usize,
    /// Where it ends: the next frame begins there.
    pub to: usize,
}

/// The frame at the beginning of `bytes`; nothing while some of it is missing.
pub fn read(bytes: &[u8]) -> Option<Frame> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (from, length): (usize, usize) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => {
            let long = u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?);
            (10, usize::try_from(long).ok()?)
        }
        short => (2, usize::from(short)),
    };
    let to = from.checked_add(length)?;
    if bytes.len() < to {
        return None;
    }
    let whole = first & 0x80 != 0;
    let kind = match first & 0x0f {
        0x1 if whole => Kind::Text,
        0x8 => Kind::Close,
        0x9 => Kind::Ping,
        _ => Kind::Other,
    };
    Some(Frame { kind, from, to })
}

/// Adds a text frame to `out`, masked as a client's must be.
pub fn write_text(out: &mut Vec<u8>, payload: &[u8], mask: u32) {
    write(out, 0x1, payload, mask);
}

/// Adds the answer to a ping.
pub fn write_pong(out: &mut Vec<u8>, payload: &[u8], mask: u32) {
    write(out, 0xa, payload, mask);
}

/// Adds a close frame: the client is done.
pub fn write_close(out: &mut Vec<u8>, mask: u32) {
    write(out, 0x8, &1000_u16.to_be_bytes(), mask);
}

fn write(out: &mut Vec<u8>, opcode: u8, payload: &[u8], mask: u32) {
    out.push(0x80 | opcode);
    match payload.len() {
        short @ 0..126 => out.push(0x80 | u8::try_from(short).unwrap_or(0)),
        long => match u16::try_from(long) {
            Ok(middle) => {
                out.push(0x80 | 126);
                out.extend_from_slice(&middle.to_be_bytes());
            }
            Err(_) => {
                out.push(0x80 | 127);
                out.extend_from_slice(&(long as u64).to_be_bytes());
            }
        },
    }
    let mask = mask.to_be_bytes();
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of the server's: as a client's, without the mask.
    fn served(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            short @ 0..126 => bytes.push(short as u8),
            middle @ 126..65_536 => {
                bytes.push(126);
                bytes.extend_from_slice(&(middle as u16).to_be_bytes());
            }
            long => {
                bytes.push(127);
                bytes.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn frames_of_every_length_are_read_once_they_are_whole() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let payload = vec![b'x'; length];
            let mut bytes = served(0x81, &payload);
            let end = bytes.len();
            bytes.extend_from_slice(b"\x81");
            let frame = read(&bytes).expect("whole");
            assert_eq!((frame.kind, frame.to), (Kind::Text, end), "{length}");
            assert_eq!(&bytes[frame.from..frame.to], payload.as_slice());
            for cut in [0, 1, 2, 3, 9, end - 1] {
                assert_eq!(read(&bytes[..cut.min(end - 1)]), None, "{length} cut at {cut}");
            }
        }
    }

    #[test]
    fn kinds_are_told_apart_and_fragments_are_none_of_ours() {
        let kind = |first| read(&served(first, b"")).map(|frame| frame.kind);
        assert_eq!(kind(0x88), Some(Kind::Close));
        assert_eq!(kind(0x89), Some(Kind::Ping));
        assert_eq!(kind(0x8a), Some(Kind::Other));
        assert_eq!(kind(0x01), Some(Kind::Other));
    }

    #[test]
    fn the_example_of_the_rfc_is_written() {
        let mut out = Vec::new();
        write_text(&mut out, b"Hello", 0x37fa_213d);
        assert_eq!(out, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    }

    #[test]
    fn what_is_written_has_its_length_in_the_form_that_fits() {
        for (length, head) in [(125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let mut out = Vec::new();
            write_text(&mut out, &vec![b'x'; length], 1);
            assert_eq!(out.len(), head + 4 + length, "{length}");
            let frame = read(&out).map(|frame| frame.to - frame.from);
            assert_eq!(frame, Some(length));
        }
    }

    #[test]
    fn a_close_says_that_the_client_is_done() {
        let mut out = Vec::new();
        write_close(&mut out, 0);
        assert_eq!(out, b"\x88\x82\0\0\0\0\x03\xe8");
    }
}
