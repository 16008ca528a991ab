//! Writes the OpenAPI document: `npm run openapi`.

use std::{env, fs, io};

fn main() -> io::Result<()> {
    let document = gateway::openapi::document();
    let text = serde_json::to_string_pretty(&document)?;
    match env::args().nth(1) {
        // Only once it is whole: a document that fails half-way replaces nothing.
        Some(path) => fs::write(path, text + "\n"),
        None => {
            println!("{text}");
            Ok(())
        }
    }
}
