//! Every statement of this room is run by a test, on both engines.
//!
//! The public functions of the context modules are read from the sources, and each must be named, with its module, in a test
//! file beside this one (`alarms::claim_due`). What stands on the list below is not, and says why.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Functions that no test here names, with the reason. The list may only get shorter.
const ELSEWHERE: &[(&str, &str)] = &[
    ("streams::create", "every account is made with its stream: identity::users::insert calls it"),
    ("purge::purge", "named identity::purge where it is called"),
];

/// What opens, migrates and runs; its functions are not statements of a context.
const NO_CONTEXT: &[&str] = &["engine.rs", "lib.rs", "migrations.rs", "postgres", "scratch.rs", "sqlite", "turns.rs", "tx.rs"];

#[test]
fn every_function_of_every_context_is_named_in_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let functions: BTreeSet<String> = contexts(&root.join("src")).iter().flat_map(|file| functions_of(file)).collect();
    assert!(functions.len() > 80, "the sources were not found: {functions:?}");
    let tests: String = sources(&root.join("tests")).iter().map(|file| read(file)).collect();
    let excused: BTreeSet<&str> = ELSEWHERE.iter().map(|(name, _)| *name).collect();

    let untested: Vec<&String> =
        functions.iter().filter(|name| !tests.contains(&format!("{name}(")) && !excused.contains(name.as_str())).collect();
    assert!(untested.is_empty(), "no test in crates/store/tests names {untested:?}; write one that runs on both engines");
    let gone: Vec<&&str> = excused.iter().filter(|name| !functions.contains(**name)).collect();
    assert!(gone.is_empty(), "{gone:?} need no excuse any more; take them off the list");
}

/// Source files of contexts: `src/alarms.rs`, `src/identity/users.rs` …
fn contexts(src: &Path) -> Vec<PathBuf> {
    let outside = |file: &PathBuf| !NO_CONTEXT.iter().any(|name| file.starts_with(src.join(name)));
    sources(src).into_iter().filter(outside).collect()
}

/// `users::insert` for each `pub async fn insert` of `users.rs`; what a module offers as its own is named by it.
fn functions_of(file: &Path) -> Vec<String> {
    let is_mod = file.file_stem().is_some_and(|stem| stem == "mod");
    let inner = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let folder = file.parent().unwrap_or(file);
    let outer = folder.with_extension("rs");
    let is_offered = outer.is_file() && read(&outer).contains(&format!("\npub use {inner}::*;\n"));
    let module = if is_mod || is_offered { folder.file_name().and_then(|name| name.to_str()).unwrap_or_default() } else { inner };
    let names = read(file);
    let names = names.lines().filter_map(|line| line.strip_prefix("pub async fn "));
    names.filter_map(|rest| Some(format!("{module}::{}", rest.split(['(', '<']).next()?))).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("a source file")
}
