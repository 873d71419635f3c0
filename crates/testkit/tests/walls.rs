//! # The walls of the house
//!
//! ARCHITECTURE.md has one table, under `## Rooms`, that says which rooms there are and which others each may know. This test
//! reads that table and the rooms as they are on disk, and fails with a sentence for every wall that somebody walked through:
//! an edge between rooms, a crate reserved to one room, a drawer (`utils`), a file that grew into two, a room without a story.
//!
//! Every wall is a function from text to complaints; the second half of this file feeds each of them a sabotaged text, so
//! that the walls are seen to hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Per room, the rooms it may know.
type Table = BTreeMap<String, BTreeSet<String>>;

/// Crates that not every room may name.
struct Wall {
    crates: &'static [&'static str],
    admitted: Admitted,
    /// Whether tests (dev-dependencies) stand behind the wall too.
    binds_tests: bool,
}

enum Admitted {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

const WALLS: &[Wall] = &[
    Wall {
        crates: &["rusqlite", "tokio-postgres", "tokio-postgres-rustls", "deadpool-postgres", "refinery"],
        admitted: Admitted::Only(&["store"]),
        binds_tests: true,
    },
    Wall {
        crates: &["axum", "axum-extra", "hyper", "hyper-util", "tonic", "tower-http", "utoipa", "utoipa-axum"],
        admitted: Admitted::Only(&["api"]),
        binds_tests: true,
    },
    Wall { crates: &["lettre", "web-push"], admitted: Admitted::Only(&["outbound"]), binds_tests: true },
    Wall { crates: &["reqwest"], admitted: Admitted::Only(&["outbound", "campanile", "testkit", "bench"]), binds_tests: true },
    Wall { crates: &["lapin", "rdkafka", "redis"], admitted: Admitted::Only(&["bus"]), binds_tests: true },
    Wall { crates: &["tokio"], admitted: Admitted::AllBut(&["kernel", "domain"]), binds_tests: true },
    Wall { crates: &["serde_json"], admitted: Admitted::AllBut(&["kernel", "domain"]), binds_tests: false },
];

/// Rooms that exist for tests and measurements; "everything" in the table does not mean them.
const NOT_SHIPPED: [&str; 2] = ["testkit", "bench"];
const DRAWERS: [&str; 8] = ["utils", "util", "common", "helpers", "helper", "models", "types", "misc"];
const MAX_LINES: usize = 500;
const MAX_TEST_LINES: usize = 600;

// ---- the walls ----------------------------------------------------------------------------------------------------------

#[test]
fn the_table_and_the_folders_name_the_same_rooms() {
    let folders = rooms_on_disk().into_iter().map(|room| room.name).collect();
    report(&unlike_rooms(&table_on_disk(), &folders));
}

#[test]
fn each_room_knows_only_what_the_table_allows() {
    let table = table_on_disk();
    report_each_room(|room| foreign_edges(&table, &room.name, &room.manifest));
}

#[test]
fn rooms_and_crates_go_by_their_own_names() {
    report_each_room(|room| hidden_names(&room.name, &room.manifest));
    report(&renamed_crates("Cargo.toml", &read(&root().join("Cargo.toml"))));
}

#[test]
fn reserved_crates_stay_in_their_room() {
    report_each_room(|room| {
        let mut complaints = reserved_in_manifest(&room.name, &room.manifest);
        let in_src = room.sources.iter().filter(|source| source.path.split('/').any(|part| part == "src"));
        complaints.extend(in_src.flat_map(|source| reserved_in_source(&room.name, source)));
        complaints
    });
}

#[test]
fn there_are_no_drawers() {
    report_each_source(drawers);
}

#[test]
fn files_fit_a_sitting() {
    report_each_source(overgrown);
}

#[test]
fn each_room_opens_with_its_story() {
    report_each_source(untold_story);
}

fn unlike_rooms(table: &Table, folders: &BTreeSet<String>) -> Vec<String> {
    let described: BTreeSet<String> = table.keys().cloned().collect();
    let undescribed = folders.difference(&described).map(|room| {
        format!("The room `{room}` is missing in the table under `## Rooms` in ARCHITECTURE.md; give it a row with its reason.")
    });
    let unbuilt = described.difference(folders).map(|room| {
        format!("ARCHITECTURE.md lists the room `{room}`, but no such folder has a Cargo.toml; build it or take the row out.")
    });
    undescribed.chain(unbuilt).collect()
}

fn foreign_edges(table: &Table, room: &str, manifest: &str) -> Vec<String> {
    let nothing = BTreeSet::new();
    let allowed = table.get(room).unwrap_or(&nothing);
    dependencies(manifest)
        .into_iter()
        .filter(|dependency| table.contains_key(&dependency.name) && !allowed.contains(&dependency.name))
        .filter(|dependency| !(dependency.dev && dependency.name == "testkit"))
        .map(|Dependency { name, .. }| {
            format!(
                "The room `{room}` depends on `{name}`, which ARCHITECTURE.md does not let it know; move the code to a room that \
                 may, or change the table in a commit of its own that argues for the new edge."
            )
        })
        .collect()
}

/// The other walls go by names, so a room and its package share one, and a crate keeps its own.
fn hidden_names(room: &str, manifest: &str) -> Vec<String> {
    let mut complaints = renamed_crates(&format!("the manifest of `{room}`"), manifest);
    if !manifest.lines().any(|line| squeezed(line) == format!("name=\"{room}\"")) {
        complaints.push(format!("The package in the folder `{room}` has another name; call it `{room}`, as the table does."));
    }
    complaints
}

fn renamed_crates(place: &str, manifest: &str) -> Vec<String> {
    let renames = manifest.lines().filter(|line| squeezed(line).contains("package=\""));
    renames
        .map(|line| format!("In {place}, `{}` renames a crate; use its own name, so that the walls see it.", line.trim()))
        .collect()
}

fn reserved_in_manifest(room: &str, manifest: &str) -> Vec<String> {
    let dependencies = dependencies(manifest);
    broken_walls(room, |wall, name| dependencies.iter().any(|it| it.name == name && (wall.binds_tests || !it.dev)))
        .map(|(name, rule)| format!("The Cargo.toml of `{room}` names `{name}`, {rule}"))
        .collect()
}

/// Also finds a crate reached through another room (`store::rusqlite::Row`), which no manifest shows.
/// Where tests are exempt the manifest says enough: outside tests the compiler does not know a dev-dependency.
fn reserved_in_source(room: &str, source: &Source) -> Vec<String> {
    broken_walls(room, |wall, name| wall.binds_tests && source.code().any(|line| spells(line, &name.replace('-', "_"))))
        .map(|(name, rule)| format!("{} names `{name}`, {rule}", source.path))
        .collect()
}

/// The reserved crates that `room` may not name and `is_named` finds, each with the rest of the sentence.
fn broken_walls(room: &str, is_named: impl Fn(&Wall, &str) -> bool) -> impl Iterator<Item = (&'static str, String)> {
    let closed = WALLS.iter().filter(move |wall| !wall.admits(room));
    closed
        .flat_map(|wall| wall.crates.iter().map(move |name| (wall, *name)))
        .filter(move |&(wall, name)| is_named(wall, name))
        .map(|(wall, name)| (name, wall.rule()))
}

impl Wall {
    fn admits(&self, room: &str) -> bool {
        match self.admitted {
            Admitted::Only(rooms) => rooms.contains(&room),
            Admitted::AllBut(rooms) => !rooms.contains(&room),
        }
    }

    fn rule(&self) -> String {
        match self.admitted {
            Admitted::Only(rooms) => {
                format!("which is reserved to `{}`; ask that room for what you need, or move the code there.", rooms.join("`, `"))
            }
            Admitted::AllBut(rooms) => {
                format!(
                    "which `{}` never know; take the data as a parameter and leave the effect to a room above.",
                    rooms.join("` and `")
                )
            }
        }
    }
}

fn drawers(source: &Source) -> Vec<String> {
    let stem = source.path.strip_suffix(".rs").unwrap_or(&source.path);
    let modules = source.code().filter_map(declared_module);
    let names: BTreeSet<&str> = stem.split('/').chain(modules).filter(|name| DRAWERS.contains(name)).collect();
    let complain = |name| format!("{} has a drawer called `{name}`; put each thing with the noun it serves.", source.path);
    names.into_iter().map(complain).collect()
}

fn overgrown(source: &Source) -> Vec<String> {
    let is_test = source.path.split('/').any(|part| part == "tests" || part == "tests.rs");
    let limit = if is_test { MAX_TEST_LINES } else { MAX_LINES };
    let lines = source.text.lines().count();
    let sentence =
        format!("{} has {lines} lines, and {limit} are the limit; it is two ideas, so make it two files.", source.path);
    if lines > limit { vec![sentence] } else { vec![] }
}

fn untold_story(source: &Source) -> Vec<String> {
    let story: Vec<&str> = source.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    let told = !source.path.ends_with("/src/lib.rs") || story.join(" ").to_lowercase().contains("must never know");
    let sentence = format!(
        "{} does not open with its story; begin with `//!` lines that say what the room is for and what it must never know.",
        source.path
    );
    if told { vec![] } else { vec![sentence] }
}

// ---- reading ------------------------------------------------------------------------------------------------------------

/// The table under `## Rooms`: `| room | what it is for | may know |`, the last column room names in backticks, `everything`
/// or a dash.
fn read_table(architecture: &str) -> Result<Table, String> {
    let section = architecture.lines().skip_while(|line| line.trim_end() != "## Rooms").skip(1);
    let section = section.take_while(|line| !line.starts_with("## "));
    let rows = section.skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    let rows = rows.map(read_row).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Err("ARCHITECTURE.md has no table under `## Rooms`; the walls stand by that table, so put it back.".to_owned());
    }
    let names: BTreeSet<String> = rows.iter().map(|(room, _)| room.clone()).collect();
    rows.into_iter().map(|(room, cell)| Ok((room.clone(), read_known(&room, cell, &names)?))).collect()
}

fn read_row(line: &str) -> Result<(String, &str), String> {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    let [room, _, may_know] = cells[..] else {
        return Err(format!("The row `{line}` in ARCHITECTURE.md needs three columns: room, what it is for, may know."));
    };
    let name = room.split_whitespace().next().unwrap_or_default().trim_matches(['`', '/']);
    Ok((name.to_owned(), may_know))
}

fn read_known(room: &str, cell: &str, rooms: &BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    if ["-", "–", "—"].contains(&cell) {
        return Ok(BTreeSet::new());
    }
    if cell.starts_with("everything") {
        return Ok(rooms.iter().filter(|name| !NOT_SHIPPED.contains(&name.as_str()) && *name != room).cloned().collect());
    }
    let known: BTreeSet<String> = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    if known.is_empty() {
        return Err(format!("ARCHITECTURE.md says `{cell}` where `{room}` may know; write room names in backticks, or a dash."));
    }
    match known.difference(rooms).next() {
        Some(stranger) => {
            Err(format!("ARCHITECTURE.md lets `{room}` know `{stranger}`, which has no row; name a room that has one."))
        }
        None => Ok(known),
    }
}

#[derive(Debug, PartialEq)]
struct Dependency {
    name: String,
    /// Only tests see it.
    dev: bool,
}

/// The crates that a Cargo.toml names, in `[dependencies]`, `[dependencies.name]` and their dev-, build- and target- kin.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut section = None;
    let mut open_brackets = 0;
    for line in manifest.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        let name: String = line.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
        if open_brackets == 0 && line.starts_with('[') {
            let named;
            (section, named) = read_heading(line);
            found.extend(named);
        } else if let (Some(dev), 0, false) = (section, open_brackets, name.is_empty()) {
            found.push(Dependency { name, dev });
        }
        open_brackets += line.matches(['[', '{']).count();
        open_brackets = open_brackets.saturating_sub(line.matches([']', '}']).count());
    }
    found
}

/// Whether dependencies follow (and if only tests see them), and the dependency that the heading itself names.
fn read_heading(line: &str) -> (Option<bool>, Option<Dependency>) {
    let parts: Vec<&str> = line.trim_matches(['[', ']']).split('.').collect();
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let Some(at) = parts.iter().position(|part| kinds.contains(part)) else { return (None, None) };
    let dev = parts[at] == "dev-dependencies";
    match parts.get(at + 1) {
        Some(name) => (None, Some(Dependency { name: (*name).to_owned(), dev })),
        None => (Some(dev), None),
    }
}

/// Whether a line of code spells a path into this crate. What begins with `crate`, `self` or `super` is a module of our own.
fn spells(line: &str, name: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let path = before.rsplit(|c| !in_word(c) && c != ':').next().unwrap_or_default();
        let whole = (path.is_empty() || path.ends_with(':')) && !after.starts_with(in_word);
        let ours = ["crate::", "self::", "super::"].iter().any(|start| path.starts_with(start));
        let imports =
            ["use ", "pub use ", "pub(crate) use ", "extern crate "].iter().any(|start| line.trim_start().starts_with(start));
        whole && !ours && (imports || after.starts_with("::"))
    })
}

fn declared_module(line: &str) -> Option<&str> {
    let (before, after) = line.trim().split_once("mod ")?;
    (before.is_empty() || before.starts_with("pub")).then(|| after.trim_end_matches(['{', '}', ';', ' ']))
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect()
}

/// A Rust file, with its path from the repository's root.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines without what follows `//`; text that only talks about a crate does not name it.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(|line| line.split("//").next().unwrap_or_default())
    }
}

struct Room {
    name: String,
    manifest: String,
    sources: Vec<Source>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("testkit lives two folders below the root")
}

fn table_on_disk() -> Table {
    read_table(&read(&root().join("ARCHITECTURE.md"))).unwrap_or_else(|complaint| panic!("\n{complaint}\n"))
}

fn rooms_on_disk() -> Vec<Room> {
    let folders = entries(&root().join("crates")).into_iter().chain([root().join("bench")]);
    folders.filter(|folder| folder.join("Cargo.toml").is_file()).map(|folder| read_room(&folder)).collect()
}

fn read_room(folder: &Path) -> Room {
    let mut sources = Vec::new();
    read_sources(folder, &mut sources);
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Room { name, manifest: read(&folder.join("Cargo.toml")), sources }
}

fn read_sources(folder: &Path, into: &mut Vec<Source>) {
    for path in entries(folder) {
        if path.is_dir() {
            read_sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let from_root = path.strip_prefix(root()).unwrap_or(&path);
            into.push(Source { path: from_root.to_string_lossy().replace('\\', "/"), text: read(&path) });
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("\n{} is needed here and cannot be listed: {error}; put it back.\n", folder.display()));
    let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("\n{} is needed here and cannot be read: {error}; put it back.\n", path.display()))
}

fn report_each_room(complain: impl Fn(&Room) -> Vec<String>) {
    report(&rooms_on_disk().iter().flat_map(complain).collect::<Vec<_>>());
}

fn report_each_source(complain: impl Fn(&Source) -> Vec<String>) {
    report_each_room(|room| room.sources.iter().flat_map(&complain).collect());
}

fn report(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

// ---- the walls, seen to hold --------------------------------------------------------------------------------------------

mod sabotage {
    use super::*;

    const ARCHITECTURE: &str = "\
# Campanile
| another | table | here |
|---|---|---|
| x | y | z |
## Rooms
A picture and a sentence.

| room | what it is for | may know |
|---|---|---|
| kernel | words | – |
| `domain` | rules | `kernel` |
| store | all SQL, both engines, migrations | `domain` `kernel` |
| campanile | the binary | everything |
| testkit (dev) | tests | everything below |
| bench | numbers | - |

| another | table | again |
## Later
| room | not this one | `kernel` |
";

    fn table() -> Table {
        read_table(ARCHITECTURE).expect("the table is whole")
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[track_caller]
    fn assert_complains(complaints: &[String], about: &[&str]) {
        assert_eq!(complaints.len(), about.len(), "{complaints:?}");
        for (complaint, word) in complaints.iter().zip(about) {
            assert!(complaint.contains(word), "{complaint:?} should speak of {word:?}");
        }
    }

    #[test]
    fn the_table_is_read_as_it_is_written() {
        let table = table();
        assert_eq!(
            table.keys().cloned().collect::<BTreeSet<_>>(),
            set(&["bench", "campanile", "domain", "kernel", "store", "testkit"])
        );
        assert_eq!(table["kernel"], set(&[]));
        assert_eq!(table["store"], set(&["domain", "kernel"]));
        assert_eq!(table["campanile"], set(&["domain", "kernel", "store"]));
        assert_eq!(table["testkit"], set(&["campanile", "domain", "kernel", "store"]));
    }

    #[test]
    fn a_damaged_table_is_refused() {
        let damage = |from: &str, to: &str| read_table(&ARCHITECTURE.replace(from, to)).expect_err("the table is damaged");
        assert!(damage("## Rooms", "## Halls").contains("no table"));
        assert!(damage("`domain` `kernel`", "domain, kernel").contains("backticks"));
        assert!(damage("`domain` `kernel`", "`attic`").contains("`attic`, which has no row"));
        assert!(damage("| words | – |", "| – |").contains("three columns"));
    }

    #[test]
    fn a_manifest_is_read_section_by_section() {
        let manifest = "\
[package]
name = \"store\"
[dependencies] # shipped
kernel.workspace = true
serde = { version = \"1\", features = [
    \"derive\",
] }
# rusqlite = \"0\"
[target.'cfg(unix)'.dependencies]
libc = \"0.2\"
[dependencies.domain]
path = \"../domain\"
[dev-dependencies]
tempfile.workspace = true
[lints]
workspace = true
";
        let expected = [("kernel", false), ("serde", false), ("libc", false), ("domain", false), ("tempfile", true)];
        let expected = expected.map(|(name, dev)| Dependency { name: name.to_owned(), dev });
        assert_eq!(dependencies(manifest), expected);
    }

    #[test]
    fn a_room_without_a_row_and_a_row_without_a_room_are_found() {
        let folders = set(&["attic", "bench", "campanile", "domain", "kernel", "testkit"]);
        assert_complains(&unlike_rooms(&table(), &folders), &["`attic` is missing in the table", "lists the room `store`"]);
    }

    #[test]
    fn an_edge_outside_the_table_is_found() {
        let edges = |room, manifest| foreign_edges(&table(), room, manifest);
        assert_complains(&edges("store", "[dependencies]\nkernel.workspace = true\ndomain.workspace = true"), &[]);
        assert_complains(&edges("domain", "[dependencies]\nstore.workspace = true"), &["`domain` depends on `store`"]);
        assert_complains(&edges("domain", "[dependencies.store]\npath = \"../store\""), &["`domain` depends on `store`"]);
        assert_complains(&edges("domain", "[build-dependencies]\nstore = { path = \"../store\" }"), &["on `store`"]);
        assert_complains(&edges("domain", "[dev-dependencies]\nstore.workspace = true"), &["on `store`"]);
        assert_complains(&edges("domain", "[dev-dependencies]\ntestkit.workspace = true"), &[]);
        assert_complains(&edges("domain", "[dependencies]\ntestkit.workspace = true"), &["on `testkit`"]);
    }

    #[test]
    fn a_name_that_hides_a_crate_is_found() {
        assert_complains(&hidden_names("store", "[package]\nname = \"store\""), &[]);
        assert_complains(&hidden_names("store", "[package]\nname = \"cellar\""), &["call it `store`"]);
        assert_complains(&renamed_crates("Cargo.toml", "pg = { package = \"tokio-postgres\" }"), &["renames a crate"]);
    }

    #[test]
    fn a_reserved_crate_in_another_manifest_is_found() {
        let reserved = |room, manifest| reserved_in_manifest(room, manifest);
        assert_complains(&reserved("store", "[dependencies]\nrusqlite = \"0\"\ntokio = \"1\""), &[]);
        assert_complains(&reserved("app", "[dependencies]\nrusqlite = \"0\""), &["`rusqlite`, which is reserved to `store`"]);
        assert_complains(&reserved("app", "[dev-dependencies]\naxum = \"0\"\nreqwest = \"0\""), &["`axum`", "`reqwest`"]);
        assert_complains(&reserved("bench", "[dependencies]\nreqwest = \"0\""), &[]);
        assert_complains(
            &reserved("domain", "[dev-dependencies]\ntokio = \"1\""),
            &["`tokio`, which `kernel` and `domain` never"],
        );
        assert_complains(&reserved("kernel", "[dependencies]\nserde_json = \"1\""), &["`serde_json`"]);
        assert_complains(&reserved("kernel", "[dev-dependencies]\nserde_json = \"1\""), &[]);
    }

    #[test]
    fn a_reserved_crate_in_another_source_is_found() {
        let reserved = |line| reserved_in_source("app", &source("crates/app/src/x.rs", line));
        for line in
            ["use tokio_postgres as pg;", "fn f(c: ::tokio_postgres::Client) {}", "type C = store::tokio_postgres::Client;"]
        {
            assert_complains(&reserved(line), &["x.rs names `tokio-postgres`"]);
        }
        for line in [
            "// as tokio_postgres::Row does",
            "crate::redis::open()",
            "let redis = 1;",
            "use my_redis::x;",
            "redistribute::x()",
            "\"we use redis\"",
        ] {
            assert_complains(&reserved(line), &[]);
        }
    }

    #[test]
    fn a_drawer_is_found() {
        assert_complains(&drawers(&source("crates/app/src/alarms.rs", "mod model;\n// mod utils;\nlet x = \"mod misc \";")), &[]);
        assert_complains(&drawers(&source("crates/app/src/utils.rs", "")), &["`utils`"]);
        assert_complains(&drawers(&source("crates/app/tests/common/mod.rs", "")), &["`common`"]);
        assert_complains(&drawers(&source("crates/app/src/alarms.rs", "pub(crate) mod types {\n}")), &["`types`"]);
    }

    #[test]
    fn an_overgrown_file_is_found() {
        let grown = |path, lines| overgrown(&source(path, &"\n".repeat(lines)));
        assert_complains(&grown("crates/app/src/x.rs", 500), &[]);
        assert_complains(&grown("crates/app/src/x.rs", 501), &["501 lines, and 500"]);
        assert_complains(&grown("crates/app/tests/x.rs", 600), &[]);
        assert_complains(&grown("crates/app/src/x/tests.rs", 601), &["601 lines, and 600"]);
    }

    #[test]
    fn a_room_without_a_story_is_found() {
        let story = |text| untold_story(&source("crates/app/src/lib.rs", text));
        assert_complains(&story("//! Use cases.\n//! **Must\n//! never know**: HTTP.\nmod x;"), &[]);
        assert_complains(&story("//! Use cases.\nmod x; // must never know"), &["does not open with its story"]);
        assert_complains(&untold_story(&source("crates/app/src/alarms.rs", "")), &[]);
    }
}
