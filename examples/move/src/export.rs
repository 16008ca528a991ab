//! A workspace as a file, and back.
//!
//! The file is NDJSON. Its first line says what it is, `{"postroomExport":1,…}`; then a line for
//! each row, `{"ticket":{…}}`, what a row leans on before it; its last line has how many rows there
//! are of each kind, and the SHA-256 over their lines: `{"end":{"counts":{…},"sha256":{…}}}`.

use crate::client::Desk;
use crate::files;
use crate::ids::hex;
use crate::loader::Loader;
use crate::report::Report;
use anyhow::{Context, Result, bail};
use schema::room::transfer::{EXPORT_VERSION, ImportRow};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// What the last line of an export must say.
#[derive(Default)]
pub struct Seal {
    begun: bool,
    ended: bool,
    kinds: BTreeMap<String, (u64, Sha256)>,
}

impl Seal {
    /// Takes the next line; gives the row in it, if it is one.
    ///
    /// # Errors
    /// Where it is no line of an export, or the last one does not fit those before it.
    pub fn take(&mut self, line: &str) -> Result<Option<Value>> {
        let value: Value = serde_json::from_str(line).context("a line that is no JSON")?;
        if !self.begun {
            let version = value["postroomExport"].as_i64().context("this is no export")?;
            if version != EXPORT_VERSION {
                bail!("an export of version {version}: this program knows {EXPORT_VERSION}");
            }
            self.begun = true;
            return Ok(None);
        }
        if self.ended {
            bail!("there are lines after the last one");
        }
        if let Some(end) = value.get("end") {
            self.ended = true;
            let (counts, sums) = (self.counts(), self.sums());
            if end["counts"] != serde_json::json!(counts)
                || end["sha256"] != serde_json::json!(sums)
            {
                bail!("the rows are not those that were exported: {} is {}", end, self);
            }
            return Ok(None);
        }
        let (kind, _) = crate::digest::name(&value)?;
        let (count, sum) = self.kinds.entry(kind.to_owned()).or_default();
        *count += 1;
        sum.update(line);
        sum.update("\n");
        Ok(Some(value))
    }

    /// Refuses an export that broke off.
    ///
    /// # Errors
    /// Where the last line is missing.
    pub fn whole(&self) -> Result<()> {
        if self.ended { Ok(()) } else { bail!("the export broke off: its last line is missing") }
    }

    fn counts(&self) -> BTreeMap<&str, u64> {
        self.kinds.iter().map(|(kind, (count, _))| (kind.as_str(), *count)).collect()
    }

    fn sums(&self) -> BTreeMap<&str, String> {
        let sum = |(_, sum): &(u64, Sha256)| hex(&sum.clone().finalize());
        self.kinds.iter().map(|(kind, rows)| (kind.as_str(), sum(rows))).collect()
    }
}

impl std::fmt::Display for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sums = self.sums();
        for (kind, count) in self.counts() {
            writeln!(f, "{kind:<12}{count:>9}  {}", sums[kind])?;
        }
        Ok(())
    }
}

/// Writes all of a workspace into a file; it stands there only once it is whole.
///
/// # Errors
/// Where it cannot be read or written.
pub fn export(client: &mut dyn Desk, path: &Path, folder: Option<&Path>) -> Result<String> {
    if let Some(folder) = folder {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let part = path.with_extension("part");
    let mut out = BufWriter::new(File::create(&part).with_context(|| part.display().to_string())?);
    let mut seal = Seal::default();
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    for line in client.export()?.lines() {
        let line = line?;
        if let Some(value) = seal.take(&line)?
            && let Some(file) = value.get("attachment").filter(|_| folder.is_some())
        {
            let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
            wanted.insert(text("sha256"), text("id"));
        }
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
    }
    seal.whole()?;
    out.flush()?;
    fs::rename(&part, path)?;
    let mut gone = 0;
    for (sha256, id) in &wanted {
        if let Some(folder) = folder
            && !files::save(client, folder, id, sha256)?
        {
            gone += 1;
        }
    }
    Ok(format!("{seal}{} files, {gone} of them kept no more", wanted.len()))
}

/// Says whether a file is whole.
///
/// # Errors
/// Where it is not.
pub fn check(path: &Path) -> Result<String> {
    let mut seal = Seal::default();
    for line in open(path)?.lines() {
        seal.take(&line?)?;
    }
    seal.whole()?;
    Ok(seal.to_string())
}

/// Loads a file into a workspace.
///
/// # Errors
/// Where the file is not whole, or the workspace does not take it.
pub fn restore(client: &mut dyn Desk, path: &Path, folder: Option<&Path>) -> Result<Report> {
    // Nothing of a file that broke off, or that is not understood, is loaded.
    check(path)?;
    understand(path)?;
    let mut uploaded: BTreeSet<String> = BTreeSet::new();
    let mut loader = Loader::new(client)?;
    let mut seal = Seal::default();
    for line in open(path)?.lines() {
        let line = line?;
        let Some(value) = seal.take(&line)? else { continue };
        let (kind, id) = crate::digest::name(&value)?;
        let (kind, id) = (kind.to_owned(), id.to_owned());
        let row: ImportRow = serde_json::from_value(value).with_context(|| line.clone())?;
        loader.table(&kind).source += 1;
        if let (ImportRow::Attachment(file), Some(folder)) = (&row, folder)
            && uploaded.insert(file.sha256.clone())
        {
            match fs::read(files::of_hash(folder, &file.sha256)) {
                Ok(bytes) => {
                    let taken = files::upload(loader.client, &bytes)?;
                    if taken.as_ref().is_ok_and(|(sha256, _)| *sha256 != file.sha256) {
                        bail!("the file {} has other content", file.sha256);
                    }
                }
                Err(_) => {
                    *loader.table(&kind).notes.entry("without their content").or_default() += 1
                }
            }
        }
        loader.push(&kind, &id, row)?;
    }
    loader.finish(Vec::new())
}

/// Refuses a file with a row that this program does not know, or not all of.
fn understand(path: &Path) -> Result<()> {
    let mut seal = Seal::default();
    for (number, line) in (1..).zip(open(path)?.lines()) {
        let line = line?;
        let Some(value) = seal.take(&line)? else { continue };
        let place = || format!("line {number}: {}", line.chars().take(60).collect::<String>());
        let row: ImportRow = serde_json::from_value(value).with_context(place)?;
        if crate::digest::canonical(&row)? != line {
            bail!("{}: there is more in it than this program knows", place());
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = concat!(
        r#"{"user":{"createdAt":1,"email":"a@b.example","#,
        r#""id":"00000000-0000-8000-8000-000000000001","updatedAt":2}}"#
    );
    const HEAD: &str = r#"{"postroomExport":1}"#;

    fn sealed(lines: &[&str]) -> Result<()> {
        let mut seal = Seal::default();
        for line in lines {
            seal.take(line)?;
        }
        seal.whole()
    }

    #[test]
    fn an_export_is_whole_or_refused() {
        let sum = crate::ids::sha(format!("{ROW}\n"));
        let end = format!(r#"{{"end":{{"counts":{{"user":1}},"sha256":{{"user":"{sum}"}}}}}}"#);
        sealed(&[HEAD, ROW, &end]).expect("whole");
        let other = ROW.replace("a@b", "x@b");
        for bad in [
            &[HEAD, ROW][..],
            &[ROW, &end],
            &[HEAD, &end],
            &[HEAD, ROW, ROW, &end],
            &[HEAD, &other, &end],
            &[HEAD, ROW, &end, ROW],
            &[r#"{"postroomExport":2}"#, ROW, &end],
            &["no JSON"],
        ] {
            assert!(sealed(bad).is_err(), "{bad:?}");
        }
    }
}
