//! The bounce reader over real mail: its share, its control, and mail that is damaged.

use std::fs;
use std::path::{Path, PathBuf};

use actors::kernel::testing::Seeded;
use tests::bounces::{read, run};

/// What the reader must reach, of a thousand.
const LEAST_PER_MILLE: usize = 920;

fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(folder);
    if !path.is_dir() {
        eprintln!("SKIPPED: no mail at {}", path.display());
        return None;
    }
    Some(path)
}

fn mails(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    let is_mail = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "eml");
    let mut mails: Vec<_> = entries
        .filter(is_mail)
        .map(|path| (path.display().to_string(), fs::read(&path).expect("a mail")))
        .collect();
    mails.sort();
    mails
}

#[test]
fn real_bounces_are_read_as_the_reference_reads_them() {
    let Some(folder) = data("bounces") else { return };
    let outcome = run(&folder).expect("a folder with its list");
    println!("{}", outcome.text);
    assert!(outcome.share.all >= 100, "{:?}", outcome.share);
    assert!(outcome.share.per_mille() >= LEAST_PER_MILLE, "{}", outcome.text);
}

/// Whether a mail says itself that it is a report, in its own head.
fn says_report(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw).replace("\r\n", "\n").to_lowercase();
    let head = text.trim_start().split("\n\n").next().unwrap_or_default().replace("\n ", " ");
    let head = head.replace("\n\t", " ");
    let field = |name: &str, value: &str| {
        head.lines().any(|line| line.starts_with(name) && line.contains(value))
    };
    field("content-type:", "multipart/report") || field("from:", "mailer-daemon")
}

#[test]
fn nothing_that_is_not_a_report_counts_as_one() {
    let Some(folder) = data("mail") else { return };
    let mails = mails(&folder);
    assert!(mails.len() >= 50, "{} mails", mails.len());
    let (mut reports, mut wrong) = (0, Vec::new());
    for (name, raw) in &mails {
        let found = read(raw).is_some();
        reports += usize::from(found);
        if found && !says_report(raw) {
            wrong.push(name);
        }
    }
    println!("{} mails, {reports} reports", mails.len());
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!((1..=mails.len() / 10).contains(&reports), "{reports} reports");
}

#[test]
fn damaged_reports_never_panic() {
    let Some(folder) = data("bounces") else { return };
    let mut dice = Seeded(7);
    let (mut count, mut reports) = (0, 0);
    for (_, raw) in mails(&folder) {
        for _ in 0..12 {
            let mut bytes = raw[..raw.len() - dice.index(raw.len() / 2 + 1)].to_vec();
            for _ in 0..dice.index(16) {
                let at = dice.index(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = b"\r\n=?<>\"\\(;:@-\0\xff\xe3"[dice.index(16)];
                }
            }
            if let Some(report) = read(&bytes) {
                reports += 1;
                for recipient in report.recipients {
                    assert!(recipient.diagnostic.len() <= 1_000 && recipient.address.len() <= 600);
                }
            }
            count += 1;
        }
    }
    println!("{count} damaged mails, {reports} still reports");
    assert!(reports * 2 > count, "most are still reports");
}

#[test]
fn a_folder_that_cannot_be_scored_is_refused_with_a_reason() {
    let folder = std::env::temp_dir().join(format!("bounces-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let refused = |list: Option<&str>| {
        let file = folder.join("expected.jsonl");
        match list {
            Some(list) => fs::write(&file, list).expect("a file"),
            None => assert!(!file.exists()),
        }
        run(&folder).expect_err("it cannot be scored")
    };
    assert!(refused(None).contains("expected.jsonl"));
    assert!(refused(Some("\n")).contains("names no mail"));
    assert!(refused(Some("{}\n")).contains("line 1"));
    assert!(refused(Some("{\"file\":\"../x\",\"bounces\":[]}")).contains("is no name"));
    assert!(refused(Some("{\"file\":\"x.eml\",\"bounces\":[]}")).contains("x.eml"));
    fs::write(folder.join("x.eml"), "From: a@b.c\n\nHi").expect("a file");
    let outcome = run(&folder).expect("one mail, and nothing expected");
    assert!(outcome.text.ends_with("\nbounces: 1 of 1 (100.0 %)\n"), "{}", outcome.text);
    fs::remove_dir_all(&folder).expect("it was made above");
}
