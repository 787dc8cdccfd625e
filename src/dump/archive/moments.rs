//! Moments: several dumps of one bridge in one directory that were made alike, one after the other.
//!
//! `flows-of10.txt` and `flows-of13.txt` are one moment told twice, and the richer one is read. `br-int-0900.flows` and
//! `br-int-1000.flows` are made alike, so neither says more: they are two moments. Each becomes a node of its own, called
//! after the node and what tells the names of its files apart: `compute1@0900` and `compute1@1000`. What names no moment
//! (the database, the ports) belongs to all of them.

use super::survey::Found;
use crate::dump::kind::Kind;
use crate::dump::place::looks_like_a_bridge;

/// Moments of one node at most; of more dumps that are alike the last one is read, as if they were one.
const MOST: usize = 64;

/// Words of a file's name that tell how it was made, and not when.
const FORMS: [&str; 12] =
    ["names", "no", "stats", "nostats", "sort", "rsort", "sorted", "raw", "all", "more", "txt", "log"];

/// Whether a word tells how a file was made: one of [`FORMS`], or a version of OpenFlow such as `of13`.
fn is_form(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let version = word.strip_prefix("openflow").or_else(|| word.strip_prefix("of"));
    FORMS.contains(&&*word) || version.is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()))
}

/// The words of a name that may tell a moment.
fn words(name: &str) -> Vec<&str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !is_form(word)).collect()
}

/// The words of a name that tell it from others with as many words around them.
fn label(own: &[&str], others: &[Vec<&str>]) -> String {
    let common = |len: &dyn Fn(&[&str]) -> usize| others.iter().map(|other| len(other)).min().unwrap_or(0);
    let head = common(&|other| own.iter().zip(other).take_while(|(a, b)| a == b).count());
    let tail = common(&|other| own.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count());
    let end = own.len().saturating_sub(tail).max(head);
    own[head..end].join("-")
}

/// The names of the moments that some files are of, in order; none if they are of one.
pub fn moments<'f>(files: impl Iterator<Item = (&'f Found, String)>) -> Vec<String> {
    // Dumps of the same bridge that were made alike.
    let mut alike: Vec<(String, Vec<&Found>)> = Vec::new();
    for (found, bridge) in files {
        // A file that a person wrote is no moment of a switch.
        if found.kind != Kind::Flows || found.traits.is_typed {
            continue;
        }
        let is_like = |(name, all): &&mut (String, Vec<&Found>)| *name == bridge && all[0].traits == found.traits;
        match alike.iter_mut().find(is_like) {
            Some((_, all)) => all.push(found),
            None => alike.push((bridge, vec![found])),
        }
    }
    let mut names: Vec<String> = Vec::new();
    for (_, all) in alike.iter().filter(|(_, all)| all.len() > 1) {
        let all: Vec<Vec<&str>> = all.iter().map(|found| words(&found.place.file)).collect();
        for (at, own) in all.iter().enumerate() {
            let others: Vec<Vec<&str>> =
                all.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, words)| words.clone()).collect();
            let name = label(own, &others);
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.sort();
    if names.len() > MOST { Vec::new() } else { names }
}

/// Bridges whose name in the names of files has a time behind it: `br-int` of `br-int-0900.flows` and `br-int-1000.flows`.
/// `br-vlan-100` and `br-vlan-200` are two bridges: a time has four digits or more.
pub fn timed<'f>(files: impl Iterator<Item = &'f Found>, known: &[String]) -> Vec<String> {
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut out: Vec<String> = Vec::new();
    for found in files.filter(|found| found.kind == Kind::Flows) {
        let Some(name) = found.place.bridge(known).filter(|name| !known.contains(name)) else { continue };
        let Some((bridge, time)) = name.rsplit_once('-') else { continue };
        if time.len() < 4 || !time.bytes().all(|b| b.is_ascii_digit()) || !looks_like_a_bridge(bridge) {
            continue;
        }
        let is_other = |(b, t): &(String, String)| b == bridge && t != time && t.len() == time.len();
        if seen.iter().any(is_other) && !out.iter().any(|b| b == bridge) {
            out.push(bridge.to_owned());
        }
        seen.push((bridge.to_owned(), time.to_owned()));
    }
    out
}

/// The moment that a file is of, by its place among the names; none if its name tells none.
pub fn moment_of(found: &Found, names: &[String]) -> Option<usize> {
    let own = words(&found.place.file).join("-");
    let is_in = |name: &str| {
        own.match_indices(name).any(|(at, _)| {
            let (before, after) = (&own[..at], &own[at + name.len()..]);
            (before.is_empty() || before.ends_with('-')) && (after.is_empty() || after.starts_with('-'))
        })
    };
    // The longest name: `1` stands in `br-int-1-2`, too.
    (0..names.len()).filter(|at| is_in(&names[*at])).max_by_key(|at| names[*at].len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label_of(names: &[&str]) -> Vec<String> {
        let all: Vec<Vec<&str>> = names.iter().map(|name| words(name)).collect();
        let of = |at: usize| {
            let others: Vec<Vec<&str>> = (0..all.len()).filter(|n| *n != at).map(|n| all[n].clone()).collect();
            label(&all[at], &others)
        };
        (0..all.len()).map(of).collect()
    }

    #[test]
    fn a_moment_is_called_after_what_tells_the_names_apart() {
        assert_eq!(label_of(&["br-int.flows.1", "br-int.flows.2"]), ["1", "2"]);
        assert_eq!(label_of(&["br-int-0900.flows", "br-int-1000.flows"]), ["0900", "1000"]);
        assert_eq!(label_of(&["flows-before.txt", "flows-after.txt"]), ["before", "after"]);
        assert_eq!(label_of(&["flows.2026-11-01.txt", "flows.2026-11-02.txt"]), ["01", "02"]);
        assert_eq!(label_of(&["flows.txt", "flows.txt.old"]), ["", "old"]);
        assert_eq!(label_of(&["flows-of13.txt", "flows-of13-names.txt", "flows_OpenFlow14_no-stats"]), ["", "", ""]);
    }
}
