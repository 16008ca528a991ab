//! The contents of attachments: in a folder, or in the rows themselves.

use crate::client::{Desk, FILE_BYTES_MAX};
use crate::ids::sha;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The file in a folder that a name of the source leads to. A name that leads out of the folder
/// leads nowhere.
pub fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let name = name.split(['?', '#']).next().unwrap_or_default();
    let path = Path::new(name.trim_start_matches('/'));
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let last = path.file_name().map(|last| folder.join(last));
    // The key as it is; of a URL, what follows the host; or the last part alone.
    let url = name.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let below = url.filter(|(_, rest)| !rest.contains("..")).map(|(_, rest)| folder.join(rest));
    let whole = inside.then(|| folder.join(path));
    [whole, below, last].into_iter().flatten().find(|path| path.is_file())
}

/// Uploads content; gives its hash and size, or why it was not taken.
///
/// # Errors
/// Where the server does not take it.
pub fn upload(client: &mut dyn Desk, bytes: &[u8]) -> Result<Result<(String, i64), String>> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Ok(Err(format!("more than {FILE_BYTES_MAX} bytes")));
    }
    client.upload(bytes)?;
    Ok(Ok((sha(bytes), bytes.len() as i64)))
}

/// Where a folder has the content of a hash.
pub fn of_hash(folder: &Path, sha256: &str) -> PathBuf {
    folder.join(sha256)
}

/// Writes the content of an attachment into a folder, unless it is there.
///
/// # Errors
/// Where it cannot be read or written. An attachment whose content is gone is passed over.
pub fn save(client: &mut dyn Desk, folder: &Path, id: &str, sha256: &str) -> Result<bool> {
    let path = of_hash(folder, sha256);
    if path.is_file() {
        return Ok(true);
    }
    let Some(bytes) = client.download(id)? else { return Ok(false) };
    let part = folder.join(format!("{sha256}.part"));
    fs::write(&part, bytes).with_context(|| part.display().to_string())?;
    fs::rename(&part, &path).with_context(|| path.display().to_string())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_into_the_folder_or_nowhere() {
        let folder = std::env::temp_dir().join(format!("postroom-move-{}", std::process::id()));
        fs::create_dir_all(folder.join("a")).expect("a folder");
        fs::write(folder.join("a/x.pdf"), "x").expect("a file");
        fs::write(folder.join("y.pdf"), "y").expect("a file");
        for (name, there) in [
            ("a/x.pdf", Some("a/x.pdf")),
            ("/a/x.pdf", Some("a/x.pdf")),
            ("https://bucket.example/a/x.pdf?signature=1", Some("a/x.pdf")),
            ("s3://bucket/y.pdf", Some("y.pdf")),
            ("elsewhere/y.pdf", Some("y.pdf")),
            ("../../../../etc/passwd", None),
            ("https://bucket.example/../../etc/passwd", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(find(&folder, name), there.map(|path| folder.join(path)), "{name}");
        }
        fs::remove_dir_all(&folder).expect("removed");
    }
}
