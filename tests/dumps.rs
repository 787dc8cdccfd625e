//! What `ovs-ofctl` prints beside flows comes back byte for byte: `fixtures/dumps/openflow`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::parts::{self, KINDS, boundary, names};
use crate::check::{Tally, files_below, text_of};
use ofscope::base::diag::Report;
use ofscope::dump::group_line::Change;
use ofscope::dump::{Part, Source, groups};
use ofscope::field::Names;
use ofscope::model::group::{Bucket, Group, GroupType};
use ofscope::model::group_mod::GroupMod;

fn fixtures() -> Vec<PathBuf> {
    let mut files = files_below(&crate::fixtures().join("dumps/openflow"));
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files
}

#[test]
fn fixtures_come_back() {
    let mut tally = Tally::default();
    let files = fixtures();
    files.iter().for_each(|path| parts::check(path, &mut tally));
    tally.finish();
    assert_eq!(tally.counts.values().sum::<usize>(), files.len(), "a file is of no kind");
    assert_eq!(tally.counts.len(), KINDS.len(), "a kind has no file");
}

/// Small numbers that look random, the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

/// Spoils a text a little: bytes and lines go, come twice, or change.
fn spoil(text: &str, dice: &mut Dice) -> String {
    const NOISE: [&str; 16] = [
        "\n",
        "\r\n",
        "\r",
        "(",
        ")",
        ",",
        "=",
        "\"",
        "\u{1b}",
        "ü",
        "99999999999999999999",
        "-1",
        ":",
        " ",
        "bucket=",
        "",
    ];
    let mut out = text.to_owned();
    if dice.roll(4) == 0 {
        out = out.replace('\n', "\r\n");
    }
    if dice.roll(4) == 0 {
        out.truncate(boundary(&out, out.trim_end().len()));
    }
    for _ in 0..dice.roll(5) {
        let from = boundary(&out, dice.roll(out.len() + 1));
        let to = boundary(&out, from + [0, 1, 3, 200][dice.roll(4)]);
        let piece = if dice.roll(6) == 0 { out[from..].to_owned() } else { NOISE[dice.roll(NOISE.len())].to_owned() };
        out.replace_range(from..to.max(from), &piece);
    }
    out
}

#[test]
fn no_byte_is_lost_of_spoiled_text() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for path in fixtures() {
        let text = text_of(&path).unwrap();
        for _ in 0..25 {
            let spoiled = spoil(&text, &mut dice);
            for kind in &KINDS {
                (kind.is)(&spoiled);
                let (file, names, mut report) = (Arc::from("f"), Names::default().learning(), Report::default());
                let (named, numbered, _) =
                    (kind.round)(&spoiled, &mut Source { file: &file, names: &names, report: &mut report });
                assert!(
                    named == spoiled || numbered == spoiled,
                    "{} of {path:?}:\n{spoiled}\nbecame\n{named}",
                    kind.name
                );
                for located in &report.kept {
                    located.paint(&mut String::new());
                }
            }
        }
    }
}

#[test]
fn one_thing_said_very_often_is_read_and_kept() {
    let pieces = [
        "group_id=1,type=all,bucket=",
        "bucket=",
        "bucket=bucket0:packet_count=1,",
        "(",
        "\n",
        "\r\n",
        "  table 1:\n",
        "  tables 2...99999999: ditto\n",
        "  tables 0...255: ditto\n",
        "meter:1 bands:\n",
        "0: packet_count:",
        "type=drop ",
        "  port 1: rx ",
        " 1(a): addr:",
    ];
    let heads = ["", " group_id=1,type=all,bucket=actions=", "meter=1 kbps bands=\n", "  table 1:\n    active=1\n"];
    for (piece, head) in pieces.iter().flat_map(|piece| heads.map(|head| (piece, head))) {
        let text = format!("{head}{}", piece.repeat(5_000 / piece.len()));
        for kind in &KINDS {
            (kind.is)(&text);
            let (file, names, mut report) = (Arc::from("f"), Names::default().learning(), Report::default());
            let (named, ..) = (kind.round)(&text, &mut Source { file: &file, names: &names, report: &mut report });
            assert!(named == text, "{} of {piece:?} behind {head:?}", kind.name);
        }
    }
}

/// What the lines about groups make, one after the other.
fn groups_of(name: &str) -> BTreeMap<u32, Group> {
    let path = fixtures().into_iter().find(|path| path.ends_with(name)).unwrap();
    let (file, names, mut report) = (Arc::from(name), names(), Report::default());
    let source = &mut Source { file: &file, names: &names, report: &mut report };
    let parts = groups::read_groups(&text_of(&path).unwrap(), source);
    let mut made: BTreeMap<u32, Group> = BTreeMap::new();
    for line in parts.iter().filter_map(Part::entry) {
        match &line.change {
            Change::Asked(GroupMod::InsertBuckets { group, place, buckets }) => {
                assert_eq!(*place, Bucket::PLACES[0].0);
                made.get_mut(group).unwrap().buckets.splice(0..0, buckets.iter().cloned());
            }
            Change::Asked(GroupMod::RemoveBuckets { group, place }) => {
                assert_eq!(*place, Bucket::PLACES[1].0);
                made.get_mut(group).unwrap().buckets.pop();
            }
            Change::Asked(GroupMod::Delete(group)) => made.retain(|id, _| group.is_some_and(|gone| gone != *id)),
            _ => {
                let group = line.group().unwrap();
                made.insert(group.id, group.clone());
            }
        }
    }
    made
}

/// What can be compared between a group as typed and as dumped: spelling and defaults aside.
fn gist(group: &Group) -> impl PartialEq + std::fmt::Debug {
    let default_weight = u16::from(group.kind == GroupType::Select);
    let fields: BTreeMap<_, _> = group.fields.iter().map(|(field, mask)| (field.name, mask.clone())).collect();
    let bucket = |b: &Bucket| {
        let words: Vec<_> = b.actions.0.iter().map(ofscope::action::Action::name).collect();
        (b.weight.unwrap_or(default_weight), b.watch_port, b.watch_group, words)
    };
    let buckets: Vec<_> = group.buckets.iter().map(bucket).collect();
    (group.kind, group.selection_method.clone(), group.selection_method_param, fields, buckets)
}

#[test]
fn a_file_of_groups_says_what_the_switch_then_dumps() {
    let (typed, dumped) = (groups_of("add-groups.txt"), groups_of("dump-groups.of15.txt"));
    assert_eq!(typed.keys().collect::<Vec<_>>(), dumped.keys().collect::<Vec<_>>());
    for (id, group) in &typed {
        assert_eq!(gist(group), gist(&dumped[id]), "group {id}");
    }
}
