//! Every row says what it must, and no word means two things.

use super::*;
use crate::field::FieldId;
use crate::field::proto::PROTOCOLS;
use std::collections::HashMap;

#[test]
fn no_word_means_two_things() {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let protocols = PROTOCOLS.iter().map(|p| (p.name, "protocol"));
    let fields = FieldId::names().map(|(name, _)| (name, "match field"));
    let words = FIELDS.iter().flat_map(|w| w.spellings().map(|s| (s, "field")));
    let states = STATES.iter().map(|w| (w.name, "state"));
    let reserved = RESERVED.iter().map(|w| (*w, "grammar"));
    let elsewhere = ELSEWHERE.iter().map(|(w, _)| (*w, "other language"));
    for (word, what) in protocols.chain(fields).chain(words).chain(states).chain(reserved).chain(elsewhere) {
        let other = seen.insert(word.to_lowercase(), what);
        assert_eq!(other, None, "`{word}` is a {what}, too");
    }
}

#[test]
fn every_row_is_found_and_explained() {
    for word in FIELDS {
        assert!(!word.doc.is_empty() && !word.bare.is_empty() && !word.kind.doc().is_empty(), "{}", word.name);
        for name in word.spellings() {
            assert_eq!(FieldWord::by_name(name).map(|w| w.name), Some(word.name));
            assert_eq!(FieldWord::by_name(&name.to_uppercase()).map(|w| w.name), Some(word.name));
        }
        assert!(Group::ALL.iter().any(|(group, _)| *group == word.group));
    }
    for word in STATES {
        assert!(!word.doc.is_empty(), "{}", word.name);
        assert_eq!((word.state == State::Unknown), word.needs != Data::Flows, "{}", word.name);
    }
    for row in OPS {
        assert_eq!(OpWord::of(row.op).op, row.op);
        assert!(!row.doc.is_empty());
    }
    assert_eq!(OpWord::of(Op::Equals).name, "=");
}

#[test]
fn a_longer_operator_stands_before_the_one_it_begins_with() {
    for (at, row) in OPS.iter().enumerate() {
        assert!(OPS[..at].iter().all(|before| !row.name.starts_with(before.name)), "{}", row.name);
    }
    for (at, (unit, ..)) in UNITS.iter().enumerate() {
        assert!(UNITS[..at].iter().all(|(before, ..)| !unit.starts_with(before)), "{unit}");
    }
}

#[test]
fn flags_are_those_of_flows() {
    let names: Vec<&str> = crate::model::Flags::NAMES.iter().map(|(_, name)| *name).collect();
    assert_eq!(FLAGS, names);
}
