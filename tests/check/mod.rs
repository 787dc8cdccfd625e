//! What the ordinary tests and the corpus run share: each check says what is wrong with what it was given.

pub mod databases;
pub mod findings;
pub mod fmt;
pub mod nodes;
pub mod oracle;
pub mod owners;
pub mod parts;
pub mod trace_kinds;
pub mod trace_lines;
pub mod traces;

use std::path::{Path, PathBuf};

use ofscope::dump::input::Input;

/// What a check did, and what was wrong.
#[derive(Debug, Default)]
pub struct Tally {
    /// How much was checked, by kind.
    pub counts: std::collections::BTreeMap<String, usize>,
    /// What was wrong, in words.
    pub wrong: Vec<String>,
}

impl Tally {
    /// Counts one thing that was checked.
    pub fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    /// Notes something wrong.
    pub fn fail(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    /// Tells what was checked, and fails if anything was wrong.
    pub fn finish(&self) {
        for (what, n) in &self.counts {
            println!("{n:>8} {what}");
        }
        let shown: Vec<&str> = self.wrong.iter().take(20).map(String::as_str).collect();
        assert!(shown.is_empty(), "{} wrong, the first:\n{}", self.wrong.len(), shown.join("\n"));
        assert!(self.counts.values().sum::<usize>() > 0, "nothing was checked");
    }
}

/// Every file below a directory, in order.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => todo.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

/// The text of a file, compressed or not; nothing if it is no text.
pub fn text_of(path: &Path) -> Option<String> {
    let input = Input::open(path).ok()?;
    let (text, is_cut) = input.read_text(1 << 30).ok()?;
    (!is_cut && !text.contains('\u{fffd}')).then_some(text)
}
