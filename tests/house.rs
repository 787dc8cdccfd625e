//! The house: which storey may use which, how large a file may be, and what does not belong into the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::check::files_below;

/// The modules from the ground up, each with what it may use. Only rows above may be named, so there is no way around
/// in a circle.
const STOREYS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("field", &["base"]),
    ("action", &["base", "field"]),
    ("model", &["base", "field", "action"]),
    ("dump", &["base", "field", "action", "model"]),
    ("neutron", &["base", "field", "action", "model"]),
    ("check", &["base", "field", "action", "model", "neutron"]),
    ("graph", &["base", "field", "action", "model"]),
    ("explain", &["base", "field", "action", "model", "neutron"]),
    ("query", &["base", "field", "action", "model", "dump"]),
    ("edit", &["base", "field", "action", "model", "dump", "neutron", "query"]),
    ("trace", &["base", "field", "action", "model", "dump"]),
    ("packet", &["base", "field", "action", "model", "neutron", "trace"]),
    ("why", &["base", "field", "action", "model", "dump", "neutron", "check", "explain", "trace", "packet"]),
    ("diff", &["base", "field", "action", "model", "dump", "trace", "why"]),
    ("plan", &["base", "field", "action", "model", "dump", "check", "trace"]),
    (
        "session",
        &[
            "base", "field", "model", "dump", "neutron", "check", "graph", "explain", "query", "trace", "packet",
            "why", "diff",
        ],
    ),
    (
        "practice",
        &["base", "field", "action", "model", "dump", "neutron", "query", "trace", "packet", "why", "diff", "session"],
    ),
    (
        "tui",
        &[
            "base", "field", "action", "model", "dump", "neutron", "check", "graph", "explain", "query", "edit",
            "session", "trace", "packet", "why", "diff", "plan", "practice",
        ],
    ),
    (
        "cli",
        &[
            "base", "field", "action", "model", "dump", "neutron", "check", "graph", "explain", "query", "session",
            "trace", "packet", "why", "diff", "plan", "practice", "tui",
        ],
    ),
];

/// The most lines a file has.
const LINES: usize = 700;

/// Words that stay out of the program: leftovers, and panics without a reason.
const UNWANTED: [&str; 6] = ["todo!(", "dbg!(", "unimplemented!(", ".unwrap()", "#[ignore", "unsafe "];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files with Rust in them below some directories.
fn sources(dirs: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<_> = dirs.iter().flat_map(|dir| files_below(&root().join(dir))).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "rs") && !path.starts_with(root().join("fuzz/target")));
    assert!(files.len() > 5, "{dirs:?} have no sources");
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A path as people name it.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The files that only tests have: those behind `#[cfg(test)] mod NAME;`, with what lies below them.
fn test_files(files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut roots = Vec::new();
    for path in files {
        let text = read(path);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]") {
            let declared = pair[1].trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
            if let Some(name) = declared.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
                let is_room = path.file_name().is_some_and(|n| n == "mod.rs" || n == "lib.rs");
                let dir = if is_room { path.parent().unwrap().to_owned() } else { path.with_extension("") };
                roots.push(dir.join(name));
            }
        }
    }
    let is_below = |path: &PathBuf| roots.iter().any(|r| path.starts_with(r) || *path == r.with_extension("rs"));
    files.iter().filter(|path| is_below(path)).cloned().collect()
}

/// The sources of the program, without what only tests have. Tests stand at the end of a file.
fn program() -> Vec<(PathBuf, String)> {
    let files = sources(&["src"]);
    let tests = test_files(&files);
    assert!(tests.len() > 5, "the tests are not found");
    let text = |path: &PathBuf| {
        let text = read(path);
        let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
        text[..end].to_owned()
    };
    files.iter().filter(|path| !tests.contains(*path)).map(|path| (path.clone(), text(path))).collect()
}

/// The modules of this crate that a line of code names.
fn used(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or("");
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("crate::") {
        rest = &rest[at + "crate::".len()..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        found.push(&rest[..end]);
    }
    found
}

#[test]
fn a_module_uses_only_what_lies_below_it() {
    for (n, (name, uses)) in STOREYS.iter().enumerate() {
        let below: Vec<_> = STOREYS[..n].iter().map(|(name, _)| name).collect();
        assert!(uses.iter().all(|used| below.contains(&used)), "{name} uses what is not below it");
    }
    let mut wrong = Vec::new();
    for (path, text) in program() {
        let inside = path.strip_prefix(root().join("src")).unwrap();
        let own = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        if own == "lib" || own == "main" {
            continue;
        }
        let Some((_, uses)) = STOREYS.iter().find(|(name, _)| *name == own) else {
            wrong.push(format!("{own} has no storey: give it a row in tests/house.rs"));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            for used in used(line) {
                if used != own && !uses.contains(&used) {
                    wrong.push(format!("{}:{}: {own} uses crate::{used}", shown(&path), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_storey_and_an_essay() {
    let lib = read(&root().join("src/lib.rs"));
    let declared: BTreeSet<&str> = lib
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let known: BTreeSet<&str> = STOREYS.iter().map(|(name, _)| *name).collect();
    let strangers: Vec<_> = declared.difference(&known).collect();
    assert!(declared.len() > 9 && strangers.is_empty(), "{strangers:?} have no storey");
    let without: Vec<_> =
        program().iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| shown(path)).collect();
    assert!(without.is_empty(), "nothing says what these are for: {without:?}");
}

#[test]
fn a_file_is_read_in_one_go() {
    let long: Vec<_> = sources(&["src", "tests", "benches", "fuzz"])
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > LINES)
        .map(|(lines, path)| format!("{} has {lines} lines", shown(&path)))
        .collect();
    assert!(long.is_empty(), "more than {LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn nothing_unfinished_stands_in_the_program() {
    let mut wrong = Vec::new();
    for (path, text) in program() {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            if let Some(word) = UNWANTED.iter().find(|word| code.contains(**word)) {
                wrong.push(format!("{}:{}: {word}", shown(&path), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_path_of_a_machine_stands_anywhere() {
    let paths = ["/ro", "/wo", "/ho"].map(std::borrow::ToOwned::to_owned).into_iter().zip(["ot/", "rk/", "me/"]);
    let paths: Vec<String> = paths.map(|(start, end)| start + end).collect();
    let mut files = sources(&["src", "tests", "benches", "fuzz"]);
    files.extend(
        ["Cargo.toml", "README.md", "tests/run"].map(|name| root().join(name)).into_iter().filter(|p| p.exists()),
    );
    files.extend(files_below(&root().join("docs")));
    for path in files {
        let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap();
        // A home directory may be an example, if it is nobody's.
        let found = paths.iter().find(|path| text.replace("/home/user/", "").contains(path.as_str()));
        assert!(found.is_none(), "{} names {found:?}", shown(&path));
    }
    let lock = read(&root().join("Cargo.lock"));
    let elsewhere =
        lock.lines().find(|l| l.starts_with("source = ") && !l.contains("github.com/rust-lang/crates.io-index"));
    assert!(elsewhere.is_none(), "{elsewhere:?}");
}

#[test]
fn fixtures_say_where_they_came_from() {
    let fixtures = crate::fixtures();
    let readme = read(&fixtures.join("README.md"));
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let named: BTreeSet<&str> = rows.map(|(name, _)| name).collect();
    for name in &named {
        assert!(fixtures.join(name).is_dir(), "README.md names {name}, which is not there");
    }
    for path in files_below(&fixtures).iter().filter(|path| path.parent() != Some(&fixtures)) {
        let inside = path.strip_prefix(&fixtures).unwrap().to_string_lossy().into_owned();
        let is_named = named.iter().any(|name| inside.starts_with(name));
        assert!(is_named, "README.md of the fixtures does not tell of {inside}");
    }
}

/// The names below a heading of Cargo.toml.
fn dependencies(manifest: &str, heading: &str) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read(&root().join("Cargo.toml"));
    let all: BTreeSet<String> = ["[dependencies]", "[build-dependencies]", "[dev-dependencies]"]
        .iter()
        .flat_map(|heading| dependencies(&manifest, heading))
        .collect();
    let reasons = read(&root().join("docs/dependencies.md"));
    let rows = reasons.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let named: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    assert!(all.len() > 10);
    assert_eq!(named, all, "docs/dependencies.md has other rows than Cargo.toml");
}

#[test]
fn the_licences_are_there() {
    let manifest = read(&root().join("Cargo.toml"));
    assert!(manifest.contains("license = \"Apache-2.0 OR MIT\""));
    for (file, words) in [("LICENSE-APACHE", "Apache License"), ("LICENSE-MIT", "Permission is hereby granted")] {
        assert!(read(&root().join(file)).contains(words), "{file}");
    }
}

#[test]
fn the_limits_are_as_the_docs_say() {
    use ofscope::action::Cx;
    use ofscope::base::diag::{Located, Report};
    use ofscope::dump::{flows, vsctl};
    use ofscope::model::datapath::Key;
    use ofscope::model::group::GroupStats;
    use ofscope::{packet, query};
    let limits = [
        ("flows::LINE_LIMIT", flows::LINE_LIMIT),
        ("Cx::DEPTH", Cx::DEPTH),
        ("Cx::SIZE", Cx::SIZE),
        ("Cx::FOUND", Cx::FOUND),
        ("Report::LIMIT", Report::LIMIT),
        ("Located::TEXT", Located::TEXT),
        ("datapath::Key::DEPTH", Key::DEPTH),
        ("GroupStats::MAX_BUCKETS", GroupStats::MAX_BUCKETS),
        ("vsctl::LEVELS", vsctl::LEVELS),
        ("vsctl::ROWS", vsctl::ROWS),
        ("hex::BYTES", packet::hex::BYTES),
        ("ask::TEXT", packet::ask::TEXT),
        ("query::DEPTH", query::DEPTH),
        ("query::TEXT", query::TEXT),
        ("query::TERMS", query::TERMS),
        ("query::ALIASES", query::ALIASES),
        ("query::REGEX", query::REGEX),
    ];
    let docs = read(&root().join("docs/fuzzing.md"));
    for (name, number) in limits {
        assert!(
            docs.contains(&format!("\n| `{name}` | {number} | ")),
            "docs/fuzzing.md does not say that {name} is {number}"
        );
    }
}
