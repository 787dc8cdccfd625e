//! Every check has a case with it and a case without: a healthy node, and the same node with a fault put in.
//!
//! A case is a file below `fixtures/findings`, called after the check. It names a node that is there already and says
//! what to change in it:
//!
//! ```text
//! base nodes/vxlan-two-hosts       a directory below fixtures
//! at compute1                      the node on which it must be found, and was not before
//! edit compute1/br-int/flows-of13.txt
//! - WORDS                          take the lines away that contain these words
//! + LINE                           add a line
//! ~ OLD => NEW                     put one text in the place of another, everywhere in the file
//! db compute1 TABLE NAME COLUMN VALUE   change a column of the database row of that name; the value is JSON
//! delete FILE
//! says WORDS                       the sentence contains them
//! then ..                          what stands above makes the node healthy, what stands below is the fault
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use ofscope::base::progress::Progress;
use ofscope::check::{FINDINGS, Finding};
use ofscope::session::{Scene, Source, open};
use serde_json::Value;

use crate::check::files_below;

/// A case.
#[derive(Default)]
struct Case {
    base: String,
    at: String,
    says: Vec<String>,
    /// What makes the node healthy, where it is not by itself.
    first: Vec<(String, String)>,
    /// The fault.
    steps: Vec<(String, String)>,
}

fn case(id: &str) -> Case {
    let path = crate::fixtures().join("findings").join(format!("{id}.txt"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{id} has no case, {}: {e}", path.display()));
    let mut case = Case::default();
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (word, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{id}: `{line}` says nothing"));
        match word {
            "base" => case.base = rest.into(),
            "at" => case.at = rest.into(),
            "says" => case.says.push(rest.into()),
            "then" => case.first = std::mem::take(&mut case.steps),
            _ => case.steps.push((word.into(), rest.into())),
        }
    }
    case
}

/// Copies a directory.
pub fn copy(from: &Path, to: &Path) {
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, &target).unwrap();
    }
}

/// Puts a fault into the node below `dir`.
pub fn change(dir: &Path, id: &str, steps: &[(String, String)]) {
    let mut file = PathBuf::new();
    for (word, rest) in steps {
        match word.as_str() {
            "edit" => file = dir.join(rest),
            "delete" => fs::remove_file(dir.join(rest)).unwrap_or_else(|e| panic!("{id}: {rest}: {e}")),
            "db" => set(dir, id, rest),
            _ => {
                let text = fs::read_to_string(&file).unwrap_or_default();
                let changed = match word.as_str() {
                    "-" => text.lines().filter(|l| !l.contains(rest.as_str())).map(|l| format!("{l}\n")).collect(),
                    "+" => format!("{text} {rest}\n"),
                    "~" => {
                        let (old, new) =
                            rest.split_once(" => ").unwrap_or_else(|| panic!("{id}: `{rest}` lacks ` => `"));
                        text.replace(old, new)
                    }
                    _ => panic!("{id}: nobody knows what `{word}` is"),
                };
                assert!(changed != text, "{id}: `{word} {rest}` changes nothing of {}", file.display());
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(&file, changed).unwrap();
            }
        }
    }
}

/// Changes a column of a row of a database.
fn set(dir: &Path, id: &str, what: &str) {
    let parts: Vec<&str> = what.splitn(5, ' ').collect();
    let [node, table, name, column, value] = parts[..] else { panic!("{id}: `db {what}` is not complete") };
    let value: Value = serde_json::from_str(value).unwrap_or_else(|e| panic!("{id}: {value}: {e}"));
    let caption = format!("\"{table} table\"");
    let is_json = |path: &PathBuf| path.extension().is_some_and(|e| e == "json");
    let holds = |path: &PathBuf| is_json(path) && fs::read_to_string(path).unwrap().contains(&caption);
    let path = files_below(&dir.join(node)).into_iter().find(holds);
    let path = path.unwrap_or_else(|| panic!("{id}: {node} has no table {table}"));
    let mut done = false;
    let mut out = String::new();
    for line in fs::read_to_string(&path).unwrap().lines() {
        let mut parsed: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{id}: {e}"));
        if parsed["caption"] == format!("{table} table") {
            let place = |column: &str| parsed["headings"].as_array().unwrap().iter().position(|h| h == column);
            let (column, key) = (place(column).unwrap_or_else(|| panic!("{id}: no column {column}")), place("name"));
            for row in parsed["data"].as_array_mut().unwrap() {
                if name == "*" || key.is_some_and(|key| row[key] == name) {
                    row[column] = value.clone();
                    done = true;
                }
            }
        }
        out.push_str(&format!("{parsed}\n"));
    }
    assert!(done, "{id}: no row {name} in {table}");
    fs::write(&path, out).unwrap();
}

/// What a check finds on a node of a directory.
fn found(dir: &Path, id: &str, node: &str) -> Vec<Finding> {
    let snapshot = open(&Source::Path(dir.to_owned()), true, &Progress::default(), &mut |_| {}).unwrap();
    let scene = Scene::new(snapshot);
    let names: Vec<_> = scene.nodes().iter().map(|n| n.node().name.to_string()).collect();
    let node = scene.nodes().iter().find(|n| *n.node().name == *node).unwrap_or_else(|| panic!("{id}: {names:?}"));
    let (findings, not_run) = node.check(&[id]);
    assert!(not_run.iter().all(|row| row.id != id), "{id} was not run");
    findings
}

#[test]
fn every_check_finds_its_fault_and_nothing_on_the_healthy_node() {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("findings");
    let mut wrong = Vec::new();
    for row in FINDINGS {
        let case = case(row.id);
        let dir = work.join(row.id);
        let _ = fs::remove_dir_all(&dir);
        copy(&crate::fixtures().join(&case.base), &dir);
        change(&dir, row.id, &case.first);
        let before = found(&dir, row.id, &case.at);
        change(&dir, row.id, &case.steps);
        let after = found(&dir, row.id, &case.at);
        let new: Vec<&Finding> = after.iter().filter(|f| !before.iter().any(|b| b.sentence == f.sentence)).collect();
        match new.first() {
            None => wrong.push(format!("{}: not found", row.id)),
            Some(first) => {
                for words in case.says.iter().filter(|words| !first.sentence.contains(words.as_str())) {
                    wrong.push(format!("{}: `{}` does not say `{words}`", row.id, first.sentence));
                }
                if first.hint.is_empty() || case.says.is_empty() {
                    wrong.push(format!("{}: no hint, or nothing to hold the sentence to", row.id));
                }
            }
        }
        if !before.is_empty() {
            wrong.push(format!("{}: the healthy node has {}", row.id, before[0].sentence));
        }
        let _ = fs::remove_dir_all(&dir);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_case_stands_for_a_check_that_is_gone() {
    let dir = crate::fixtures().join("findings");
    for path in
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "txt"))
    {
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(FINDINGS.iter().any(|row| row.id == id), "{}", path.display());
    }
}

#[test]
fn the_nodes_that_come_with_the_program_have_neither_errors_nor_warnings() {
    let mut tally = crate::check::Tally::default();
    for path in crate::check::nodes::scenarios(&crate::fixtures().join("nodes")) {
        crate::check::findings::check(&path, &mut tally);
    }
    tally.finish();
}
