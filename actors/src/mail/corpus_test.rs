//! Real mail and hostile mail: everything parses or is refused, nothing panics, nothing is slow.

use core::time::Duration;
use std::path::{Path, PathBuf};
use tokio::time::Instant;

use super::html::html_to_text;
use super::inbound::{self, Envelope, InboundMail, TEXT_BYTES_MAX, parse};
use super::safe_html::{Images, safe_html};
use crate::kernel::testing::Seeded;
use crate::mail::charset::Native;

fn corpus() -> Option<Vec<(PathBuf, Vec<u8>)>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let mut files = Vec::new();
    for folder in ["mail", "bounces"] {
        let Ok(entries) = std::fs::read_dir(data.join(folder)) else {
            eprintln!("SKIPPED: no mail corpus at {}", data.display());
            return None;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "eml") {
                let bytes = std::fs::read(&path).expect("the corpus is readable");
                files.push((path, bytes));
            }
        }
    }
    files.sort();
    Some(files)
}

fn check(mail: &InboundMail) {
    assert!(mail.text.len() <= TEXT_BYTES_MAX);
    assert!(mail.subject.chars().count() <= 998 && !mail.subject.contains(char::is_control));
    assert!(mail.references.len() <= 100 && mail.to.len() <= 200 && mail.cc.len() <= 200);
    assert!(!mail.message_id.is_empty() && mail.from.address.contains('@'));
    for file in &mail.attachments {
        assert!((1..=255).contains(&file.file_name.len()), "{:?}", file.file_name);
        assert!(!file.file_name.contains(['/', '\\', '\0', '\u{202e}']));
    }
}

#[test]
fn every_mail_of_the_corpus_is_read_or_refused_with_a_reason() {
    let Some(files) = corpus() else { return };
    let envelope = Envelope::default();
    let (mut read, mut refused, mut automatic, mut attachments, mut textless) = (0, 0, 0, 0, 0);
    for (path, raw) in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match parse(raw, &envelope, &Native) {
            Ok(mail) => {
                check(&mail);
                read += 1;
                automatic += usize::from(mail.automatic.is_some());
                attachments += mail.attachments.len();
                textless += usize::from(mail.text.is_empty());
                if std::env::var_os("MAIL_CORPUS_SHOW").is_some() {
                    println!(
                        "{name}: {} | {} | {:?} | {:?} | {:?}",
                        mail.from.address,
                        mail.subject,
                        mail.text.chars().take(60).collect::<String>(),
                        mail.attachments
                            .iter()
                            .map(|a| (&a.file_name, a.bytes.len()))
                            .collect::<Vec<_>>(),
                        mail.automatic.map(|a| a.reason)
                    );
                }
            }
            Err(reason) => {
                refused += 1;
                println!("{name}: refused: {reason}");
            }
        }
    }
    println!(
        "{} files: {read} read, {refused} refused, {automatic} automatic, {textless} without \
         text, {attachments} attachments",
        files.len()
    );
    assert_eq!(read + refused, files.len());
    assert!(refused * 20 < files.len(), "only mails without any sender may be refused");
}

#[test]
fn the_html_of_every_mail_of_the_corpus_says_the_same_when_it_is_harmless() {
    let Some(files) = corpus() else { return };
    let said = |html: &str| {
        let text = html_to_text(html);
        text.chars().filter(|c| !c.is_whitespace()).count()
    };
    let mut shown = 0;
    for (path, raw) in &files {
        let html = inbound::html(raw, &Native).expect("none is too long");
        let Some(html) = html else { continue };
        let safe = safe_html(&html, &Images::default()).expect("none is too long").html;
        let (before, after) = (said(&html), said(&safe));
        assert!(after * 10 >= before * 9, "{}: {after} of {before}", path.display());
        shown += 1;
    }
    println!("{shown} of {} mails have HTML", files.len());
    assert!(shown > 0);
}

#[test]
fn damaged_mail_never_panics() {
    let Some(files) = corpus() else { return };
    let mut dice = Seeded(7);
    let mut count = 0;
    for (_, raw) in files.iter().filter(|(_, raw)| raw.len() < 60_000) {
        for _ in 0..40 {
            let mut bytes = raw[..dice.index(raw.len() + 1)].to_vec();
            for _ in 0..dice.index(8) {
                let at = dice.index(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = b"\r\n=?<>\"\\(;:,@-\0\xff"[dice.index(16)];
                }
            }
            if let Ok(mail) = parse(&bytes, &Envelope::default(), &Native) {
                check(&mail);
            }
            count += 1;
        }
    }
    println!("{count} damaged mails");
}

#[test]
fn bombs_are_bounded_in_time() {
    let head = "From: a@b.c\r\nSubject: x\r\n";
    let nested: String = (0..200)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let rfc822 = "Content-Type: message/rfc822\r\n\r\n".repeat(300_000);
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(10_000);
    let files = "--b\r\nContent-Type: a/b\r\n\r\n".repeat(10_000);
    let lost = "--b\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n".repeat(50_000);
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let base64 = format!(
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        "QUFB".repeat(6_000_000)
    );
    let bombs: Vec<(&str, String)> = vec![
        ("nested 200 deep", format!("{head}{nested}")),
        ("nested messages", format!("{head}{rfc822}")),
        ("10,000 parts", format!("{head}{mixed}{parts}")),
        ("10,000 files", format!("{head}{mixed}{files}")),
        ("boundaries that never come", format!("{head}{mixed}{lost}")),
        ("no boundary", format!("{head}Content-Type: multipart/mixed\r\n\r\nhello")),
        ("a million headers", format!("{head}{}\r\n", "a: b\r\n".repeat(1_000_000))),
        ("one long header", format!("{head}To: {}\r\n\r\n", "a@b, ".repeat(1_000_000))),
        ("encoded words", format!("{head}Cc: {}\r\n\r\n", "=?".repeat(1_000_000))),
        (
            "encoded words 2",
            format!("From: a@b.c\r\nSubject: {}\r\n\r\n", "=?utf-8?q?".repeat(100_000)),
        ),
        ("comments", format!("{head}To: {}\r\n\r\n", "(".repeat(1_000_000))),
        ("folds", format!("{head}References: {}\r\n\r\n", "<a\r\n ".repeat(300_000))),
        (
            "parameters",
            format!("{head}Content-Type: a/b{}\r\n\r\n", "; a*1*=utf-8''x".repeat(100_000)),
        ),
        ("a 24 MB base64 text", format!("{head}{base64}")),
        (
            "one 10 MB html",
            format!("{head}Content-Type: text/html\r\n\r\n{}", "<a href='".repeat(1_000_000)),
        ),
    ];
    for (name, raw) in bombs {
        let start = Instant::now();
        let mail = parse(raw.as_bytes(), &Envelope::default(), &Native).expect("each has a sender");
        check(&mail);
        let took = start.elapsed();
        println!(
            "{name}: {} KB in {took:?}, complex {}, {} files, {} bytes of text",
            raw.len() / 1024,
            mail.too_complex,
            mail.attachments.len(),
            mail.text.len()
        );
        let is_cut = name.starts_with("nested 200") || name.starts_with("10,000");
        assert!(!is_cut || mail.too_complex, "{name} must be told");
        assert!(took < Duration::from_secs(10), "{name} took {took:?}");
    }
}
