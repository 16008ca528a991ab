//! What to begin with: the repository's own mails, and the larger set beside it where it is.

use super::mutate::{Seeds, with_ends};
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// What is kept of a mail that is drawn often, in bytes.
const SMALL_BYTES: usize = 2 * 1024;
/// What of a large mail, in bytes.
const WHOLE_BYTES: usize = 128 * 1024;

/// How often a piece of hostile HTML is repeated that is there to be large.
const REPEATED_MAX: usize = 30;

/// One of the hostile HTML mails.
#[derive(Deserialize)]
struct Hostile {
    html: Html,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Html {
    Text(String),
    Often(String, usize),
    List(Vec<Html>),
}

impl Html {
    fn text(&self) -> String {
        match self {
            Html::Text(text) => text.clone(),
            Html::Often(text, times) => text.repeat((*times).min(REPEATED_MAX)),
            Html::List(list) => list.iter().map(Html::text).collect(),
        }
    }
}

/// Mails by what they are.
#[derive(Debug, Default)]
pub struct Corpus {
    mails: Vec<Vec<u8>>,
    bounces: Vec<Vec<u8>>,
    html: Vec<Vec<u8>>,
}

impl Corpus {
    /// Reads all there is, and says loudly what is not.
    ///
    /// # Panics
    /// Where the repository's own mails cannot be read.
    #[must_use]
    pub fn load() -> Corpus {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut corpus = Corpus::default();
        for (name, bytes) in mails(&root.join("corpus/mail")) {
            let crlf = with_ends(&bytes, b"\r\n");
            let list = match name.starts_with("bounce-") {
                true => &mut corpus.bounces,
                false => &mut corpus.mails,
            };
            list.extend([bytes, crlf]);
        }
        assert!(corpus.mails.len() >= 8 && corpus.bounces.len() >= 6, "tests/corpus/mail is whole");
        let html = fs::read(root.join("corpus/html/hostile.json")).expect("hostile HTML");
        let html: Vec<Hostile> = serde_json::from_slice(&html).expect("a list of them");
        corpus.html = html.into_iter().map(|hostile| hostile.html.text().into_bytes()).collect();
        let data = root.join("../../shared/data");
        for (folder, list) in [("mail", &mut corpus.mails), ("bounces", &mut corpus.bounces)] {
            let found = mails(&data.join(folder));
            if found.is_empty() {
                eprintln!(
                    "SKIPPED: no mail at {}: fuzzing without it",
                    data.join(folder).display()
                );
            }
            list.extend(found.into_iter().map(|(_, bytes)| bytes));
        }
        corpus
    }

    /// Mail of all sorts.
    pub fn mails(&self) -> Seeds {
        seeds(self.mails.iter().chain(&self.bounces))
    }

    /// Reports about mail.
    pub fn bounces(&self) -> Seeds {
        seeds(self.bounces.iter())
    }

    /// HTML.
    pub fn html(&self) -> Seeds {
        let is_html = |mail: &&Vec<u8>| mail.windows(5).any(|it| it.eq_ignore_ascii_case(b"<html"));
        seeds(self.html.iter().chain(self.mails.iter().filter(is_html)))
    }
}

fn seeds<'x>(mails: impl Iterator<Item = &'x Vec<u8>>) -> Seeds {
    let mut seeds = Seeds::default();
    for mail in mails {
        seeds.small.push(mail[..mail.len().min(SMALL_BYTES)].to_vec());
        seeds.large.push(mail[..mail.len().min(WHOLE_BYTES)].to_vec());
    }
    seeds
}

/// The mails of a folder, in the order of their names; none where there is no such folder.
fn mails(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let is_mail = |path: &std::path::PathBuf| path.extension().is_some_and(|it| it == "eml");
    let mut mails: Vec<_> = paths
        .filter(is_mail)
        .filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((name, fs::read(&path).ok()?))
        })
        .collect();
    mails.sort();
    mails
}
