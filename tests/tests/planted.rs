//! The planted bugs fit the tree: otherwise they would rot.

use std::collections::BTreeMap;
use std::fs;
use tests::sim::planted::{FOLDERS, bugs, root};

#[test]
fn every_planted_bug_still_applies() {
    let bugs = bugs();
    assert!(bugs.len() >= 24, "{} bugs", bugs.len());
    for bug in bugs {
        let mut files = BTreeMap::new();
        for edit in &bug.edits {
            assert_ne!(edit.find, edit.replace, "{} changes nothing", bug.name);
            let text = files.entry(edit.file.clone()).or_insert_with(|| {
                fs::read_to_string(root().join(&edit.file)).expect("the file is there")
            });
            *text = edit.apply(text).unwrap_or_else(|why| panic!("{}: {why}", bug.name));
        }
        assert!(!bug.why.is_empty() && !bug.caught_by.is_empty(), "{}", bug.name);
    }
}

#[test]
fn the_copy_that_they_are_planted_in_has_every_member_of_the_workspace() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let members = manifest.lines().find(|line| line.starts_with("members = ")).expect("members");
    let members: Vec<_> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 4, "{members:?}");
    for member in members {
        let folder = member.split('/').next();
        assert!(folder.is_some_and(|folder| FOLDERS.contains(&folder)), "{member}");
    }
}
