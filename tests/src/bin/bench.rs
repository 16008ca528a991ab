//! The driver of `npm run bench`, and what makes its report.
//!
//! `bench drive` reads a scene from standard input, plays it against a target that runs already,
//! and prints its outcome; `bench report RESULTS DIR` writes `report.md` and the plots into a
//! folder. Both are called by `tests/bench/run.mjs`.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};
use tests::bench::{drive, report};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["drive"] => played(),
        ["report", results, dir] => written(Path::new(results), Path::new(dir)),
        _ => Err("bench drive < SCENE, or bench report RESULTS DIR".into()),
    };
    match done {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn played() -> Result<String, Box<dyn Error>> {
    let scene = serde_json::from_reader(io::stdin())?;
    Ok(serde_json::to_string(&drive(&scene)?)?)
}

fn written(results: &Path, dir: &Path) -> Result<String, Box<dyn Error>> {
    let results = serde_json::from_slice(&fs::read(results)?)?;
    let report = report::build(&results)?;
    fs::create_dir_all(dir)?;
    for (name, svg) in &report.plots {
        fs::write(dir.join(name), svg)?;
    }
    let file = dir.join("report.md");
    fs::write(&file, &report.text)?;
    Ok(file.display().to_string())
}
