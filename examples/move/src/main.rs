//! `postroom-move`: moves a helpdesk into Postroom, and a workspace from one Postroom to another.
//!
//! `README.md` beside this crate is for who uses it. From the inside:
//!
//! | part | what it does |
//! | --- | --- |
//! | [`statements`] | cuts a dump into statements, one at a time |
//! | [`dump`] | reads statements into the rows of a table |
//! | [`source`] | what the tables of the helpdesk hold, and in which order they move |
//! | [`convert`] | makes rows of Postroom out of them |
//! | [`ids`] | turns a table's number into an id that is the same in every run |
//! | [`loader`] | sends rows, and remembers what became of them |
//! | [`files`] | the contents of attachments |
//! | [`export`] | a workspace as a file, and back |
//! | [`digest`] | what a row is as text, and what many are as a checksum |
//! | [`report`] | what is told at the end |
//! | [`client`] | the HTTP API |

mod client;
mod convert;
mod digest;
mod dump;
mod export;
mod files;
mod ids;
mod loader;
mod report;
mod source;
mod statements;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail};
use client::Client;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
postroom-move load <dump.sql> [--source-workspace N] [--files DIR] [--html] [--report FILE]
postroom-move export <file.ndjson> [--files DIR]
postroom-move restore <file.ndjson> [--files DIR] [--report FILE]
postroom-move check <file.ndjson>

load      reads a mysqldump file and loads it into a workspace
export    writes all of a workspace into one file
restore   loads such a file into another workspace
check     says whether such a file is whole; asks no server

Where: POSTROOM_URL, such as https://desk.example.com
Who:   POSTROOM_TOKEN, an access token or API key of an admin; or POSTROOM_WORKSPACE,
       POSTROOM_EMAIL and POSTROOM_PASSWORD, with which it logs in (again, when it must)";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        // What was asked for was done, but not all that is in the source is in Postroom.
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("postroom-move: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does what the command line says; gives whether all is where it should be.
fn run() -> Result<bool> {
    let options = Options::read(std::env::args().skip(1))?;
    let file = options.file;
    let report = match options.command.as_str() {
        "load" => {
            let wanted = source::Wanted {
                workspace: options.source_workspace,
                files: options.files,
                html: options.html,
            };
            source::load(&mut Client::from_env()?, &file, &wanted)?
        }
        "restore" => export::restore(&mut Client::from_env()?, &file, options.files.as_deref())?,
        "export" => {
            let summary =
                export::export(&mut Client::from_env()?, &file, options.files.as_deref())?;
            println!("{summary}");
            return Ok(true);
        }
        "check" => {
            println!("{}", export::check(&file)?);
            return Ok(true);
        }
        other => bail!("there is no command {other}\n\n{USAGE}"),
    };
    print!("{report}");
    if let Some(path) = options.report {
        std::fs::write(&path, report.json()).with_context(|| path.display().to_string())?;
    }
    Ok(report.complete())
}

struct Options {
    command: String,
    file: PathBuf,
    source_workspace: Option<i64>,
    files: Option<PathBuf>,
    html: bool,
    report: Option<PathBuf>,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let (Some(command), Some(file)) = (words.next(), words.next()) else { bail!("{USAGE}") };
        let mut options = Self {
            command,
            file: file.into(),
            source_workspace: None,
            files: None,
            html: false,
            report: None,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--source-workspace" => {
                    let number = value()?.parse().context("--source-workspace: a number")?;
                    options.source_workspace = Some(number);
                }
                "--files" => options.files = Some(value()?.into()),
                "--html" => options.html = true,
                "--report" => options.report = Some(value()?.into()),
                _ => bail!("unknown: {word}\n\n{USAGE}"),
            }
        }
        Ok(options)
    }
}
