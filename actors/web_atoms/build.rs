//! Writes the table of `src/lib.rs` from the names that upstream knows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::{env, error::Error, fs, path::Path};
use upstream::NAMED_ENTITIES;

fn main() -> Result<(), Box<dyn Error>> {
    // What is only the beginning of a name has no character.
    let known: BTreeMap<&str, (u32, u32)> = NAMED_ENTITIES
        .entries()
        .map(|(name, characters)| (*name, *characters))
        .filter(|(_, characters)| *characters != (0, 0))
        .collect();

    let text: String = known.keys().copied().collect();
    let ends = known.keys().scan(0, |end, name| {
        *end += name.len();
        Some(*end)
    });
    let ends: Vec<usize> = ends.collect();
    let characters: Vec<(u32, u32)> = known.values().copied().collect();

    let mut code = String::new();
    writeln!(code, "/// All names, in the order of their bytes.")?;
    writeln!(code, "static NAMES: &str = {text:?};")?;
    writeln!(code, "/// Where each name ends.")?;
    writeln!(code, "static ENDS: [u16; {}] = {ends:?};", ends.len())?;
    writeln!(code, "/// What each name stands for.")?;
    writeln!(code, "static CHARACTERS: [(u32, u32); {}] = {characters:?};", characters.len())?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("table.rs"), code)?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
