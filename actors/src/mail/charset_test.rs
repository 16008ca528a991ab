//! Mail in every multi-byte charset, wherever a charset may stand.

use std::fmt::Write;

use super::charset::Native;
use super::inbound::{Envelope, InboundMail, parse};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Label, text, and the text's bytes as other software (Python's codecs) writes them, in base64.
const SAMPLES: [(&str, &str, &str); 8] = [
    ("EUC-KR", "한국어 메일", "x9Gxub7uILjewM8="),
    ("ks_c_5601-1987", "한국어 메일", "x9Gxub7uILjewM8="),
    ("Big5", "中文郵件", "pKSk5bZspfM="),
    ("gb2312", "中文邮件", "1tDOxNPKvP4="),
    ("GB18030", "中文邮件", "1tDOxNPKvP4="),
    ("Shift_JIS", "日本語メール", "k/qWe4zqg4GBW4OL"),
    ("euc-jp", "日本語メール", "xvzL3LjspeGhvKXr"),
    ("ISO-2022-JP", "日本語メール", "GyRCRnxLXDhsJWEhPCVrGyhC"),
];

fn read(raw: &[u8]) -> InboundMail {
    parse(raw, &Envelope::default(), &Native).expect("it has a sender")
}

fn bytes_of(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).expect("the samples are base64")
}

fn hex(mark: char, bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{mark}{byte:02X}");
        out
    })
}

#[test]
fn bodies_are_read_in_every_charset_and_transfer_encoding() {
    for (label, text, base64) in SAMPLES {
        let bytes = bytes_of(base64);
        let head = |kind: &str, encoding: &str| {
            format!(
                "From: a@b.c\r\nContent-Type: {kind}; charset=\"{label}\"\r\n\
                 Content-Transfer-Encoding: {encoding}\r\n\r\n"
            )
        };
        let plain = read(format!("{}{base64}\r\n", head("text/plain", "base64")).as_bytes());
        assert_eq!(plain.text, text, "{label} base64");
        let quoted = hex('=', &bytes);
        let html = format!("{}<p>{quoted}</p>", head("text/html", "quoted-printable"));
        assert_eq!(read(html.as_bytes()).text, text, "{label} quoted-printable");
        let raw = [head("text/plain", "8bit").as_bytes(), &bytes].concat();
        assert_eq!(read(&raw).text, text, "{label} 8bit");
    }
}

#[test]
fn subjects_names_and_file_names_are_read_in_every_charset() {
    for (label, text, base64) in SAMPLES {
        let bytes = bytes_of(base64);
        let b = format!("=?{label}?B?{base64}?=");
        let q = format!("=?{label}*xx?q?{}?=", hex('=', &bytes));
        let percent = hex('%', &bytes);
        // A cut in the middle of the bytes, which is in the middle of a character for some.
        let (one, two) = percent.split_at(percent.len() / 6 * 3);
        let files: String = [
            format!("filename=\"{b}.txt\""),
            format!("filename*={label}'ko'{percent}.txt"),
            format!("filename*0*={label}''{one};\r\n filename*1*={two}.txt; size=1"),
        ]
        .iter()
        .map(|name| format!("--m\r\nContent-Disposition: attachment; {name}\r\n\r\nx\r\n"))
        .collect();
        let mail = read(
            format!(
                "From: {b} <a@b.c>\r\nTo: \"{q}\" <d@e.f>, {b}\r\n <g@h.i>\r\nCc: {q} <j@k.l>\r\n\
                 Reply-To: {b} <m@n.o>\r\nSubject: Re: {b}\r\n {q} =?utf-8?q?=C3=A4?=\r\n\
                 Content-Type: multipart/mixed; boundary=m\r\n\r\n{files}--m--\r\n"
            )
            .as_bytes(),
        );
        assert_eq!(mail.subject, format!("Re: {text}{text}ä"), "{label}");
        let people = [vec![mail.from], mail.to, mail.cc, mail.reply_to.into_iter().collect()];
        let people: Vec<_> = people.concat();
        let addresses: Vec<_> = people.iter().map(|name| name.address.as_str()).collect();
        assert_eq!(addresses, ["a@b.c", "d@e.f", "g@h.i", "j@k.l", "m@n.o"], "{label}");
        assert!(people.iter().all(|name| name.name.as_deref() == Some(text)), "{people:?}");
        assert_eq!(mail.attachments.len(), 3);
        for file in mail.attachments {
            assert_eq!(file.file_name, format!("{text}.txt"), "{label}");
        }
    }
}

#[test]
fn what_is_no_such_word_stays_as_it_is() {
    for value in ["=?euc-kr?B?x9Gxub7u", "=?euc-kr?", "=?", "*=euc-kr'", "=?euc-kr?x?x9Gx?=", "*="]
    {
        let mail = read(format!("From: a@b.c\r\nSubject: x {value}\r\n\r\n").as_bytes());
        assert_eq!(mail.subject, format!("x {value}"));
    }
    // Bytes that are none of the charset's are marked, and lose nothing around them.
    let mail = read(b"From: a@b.c\r\nSubject: =?euc-kr?q?a=FFb?= c\r\n\r\n");
    assert_eq!(mail.subject, "a\u{fffd}b c");
    // A mail of words that never end is read in good time.
    let endless = format!("From: a@b.c\r\nSubject: {}\r\n\r\n", "=?866?Q? ".repeat(7_000));
    assert!(read(endless.as_bytes()).subject.starts_with("=?866?Q? =?"));
}
