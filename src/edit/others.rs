//! Lines about groups and meters: what is wrong with them, and what may stand at the cursor.

use super::Around;
use super::complaint::{Complaint, Fix, mended, places};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::dump::flow_line::Word;
use crate::dump::group_line::{self, Command};
use crate::dump::meters;

/// A word that a line about a group may have: how it is typed, where it stands, and what it means.
pub(super) struct Row {
    /// The word with its sign.
    pub word: &'static str,
    /// With which commands it may stand.
    pub belongs: fn(Command) -> bool,
    /// What it means.
    pub doc: &'static str,
}

/// The words of a group in front of its buckets.
pub(super) const HEAD: [Row; 7] = [
    Row { word: "group_id=", belongs: |_| true, doc: "the group's number" },
    Row { word: "type=", belongs: Command::has_type, doc: "what it does with its buckets" },
    Row {
        word: "command_bucket_id=",
        belongs: Command::has_place,
        doc: "the bucket, or the one behind which new ones come",
    },
    Row { word: "selection_method=", belongs: Command::has_type, doc: "how a select group chooses: hash or dp_hash" },
    Row { word: "selection_method_param=", belongs: Command::has_type, doc: "a number that the method takes" },
    Row { word: "fields(", belongs: Command::has_type, doc: "the fields that selection_method=hash looks at" },
    Row { word: "bucket=", belongs: Command::has_buckets, doc: "one way through the group: its words, then actions" },
];

/// The words of a bucket in front of its actions.
pub(super) const BUCKET: [(&str, &str); 5] = [
    ("weight:", "how often it is chosen, compared with the others"),
    ("watch_port:", "it is live while this port is"),
    ("watch_group:", "it is live while this group is"),
    ("bucket_id:", "its number; OpenFlow 1.5"),
    ("actions=", "what it does with the packet"),
];

/// The types of groups in words.
pub(super) const TYPES: [(&str, &str); 4] = [
    ("all", "every bucket gets a copy of the packet"),
    ("select", "one bucket gets the packet, chosen by hashing"),
    ("indirect", "there is one bucket only"),
    ("ff", "the first bucket that is live gets the packet"),
];

/// The words of a meter in front of its bands.
pub(super) const METER: [(&str, &str); 6] = [
    ("meter=", "the meter's number"),
    ("kbps", "rates are thousands of bits a second"),
    ("pktps", "rates are packets a second"),
    ("burst", "bands have a burst_size"),
    ("stats", "it counts packets and bytes"),
    ("bands=", "what happens above a rate: type=drop,rate=.."),
];

/// The words of a band.
pub(super) const BAND: [(&str, &str); 4] = [
    ("type=", "what happens above the rate: drop or dscp_remark; the datapaths of Open vSwitch know drop only"),
    ("rate=", "the rate, in the unit of the meter"),
    ("burst_size=", "how much may come at once; needs the word burst"),
    ("prec_level=", "for dscp_remark: by how much the drop precedence rises"),
];

/// What is done with groups and meters, in words.
pub(super) fn of_command(word: &str) -> &'static str {
    match word {
        "add" => "adds it; refused if the number is taken",
        "modify" => "replaces it; refused if there is none",
        "delete" => "deletes it, and the flows that use it; without a number, every one",
        "add_or_mod" => "adds it, or replaces it",
        "insert_bucket" => "adds buckets to it",
        "remove_bucket" => "takes buckets out of it",
        _ => "",
    }
}

/// The lowest number that nothing has.
pub(super) fn free(taken: impl Iterator<Item = u32>) -> u32 {
    let mut taken: Vec<u32> = taken.collect();
    taken.sort_unstable();
    taken.dedup();
    (1..).zip(&taken).find(|(free, id)| free != *id).map_or(taken.len() as u32 + 1, |(free, _)| free)
}

/// Puts words in at a place, set apart from what stands there: by a comma, and by a blank from a command.
fn put_in(text: &str, at: usize, words: &str, is_first: bool) -> Fix {
    let apart = |c: char| matches!(c, ',' | ' ' | '\t');
    let lead = match text[..at].chars().next_back() {
        None => "",
        Some(c) if apart(c) => "",
        Some(_) if is_first => " ",
        Some(_) => ",",
    };
    let tail = if text[at..].trim().is_empty() || text[at..].starts_with(apart) { "" } else { "," };
    Fix { span: Span::new(at, at), text: format!("{lead}{words}{tail}"), adds: true }
}

fn adding(diagnostic: Diagnostic, fix: Fix) -> Complaint {
    let hint = format!("Ctrl-f adds {}", fix.text.trim_matches(','));
    Complaint { diagnostic: diagnostic.hint(hint), fix: Some(fix) }
}

/// Where the head of a group or a meter ends: behind its last word, in front of the buckets or bands.
fn head(text: &str, words: &[Word], next: &str) -> usize {
    let end = text.find(next).unwrap_or(text.len());
    let last = words.iter().map(|w| w.span.end as usize).filter(|at| *at <= end).max();
    last.unwrap_or(if end < text.len() { end } else { text.trim_end().len() })
}

/// What is wrong or odd with a line about a group.
pub(super) fn of_group(text: &str, survey: &group_line::Survey, around: &Around<'_>) -> Vec<Complaint> {
    let bridge = around.bridge;
    let free = || free(bridge.groups.iter().map(|group| group.id));
    let end = head(text, &survey.words, "bucket=");
    let put_in = |at: usize, words: &str| put_in(text, at, words, survey.words.is_empty());
    let has_type = survey.words.iter().any(|w| w.name.slice(text) == "type");
    let of_reader = |d: &Diagnostic| match d.code {
        "missing-value" if survey.id.is_none() && d.message.ends_with("the group") => {
            let id = match survey.command {
                Command::Add => free(),
                _ => bridge.groups.first().map_or(1, |group| group.id),
            };
            adding(d.clone(), put_in(end, &format!("group_id={id}")))
        }
        "missing-value" if d.message.ends_with("the type") => adding(d.clone(), put_in(end, "type=all")),
        "missing-value" if d.message.ends_with("the bucket") => {
            adding(d.clone(), put_in(end, "command_bucket_id=last"))
        }
        "missing-actions" => adding(d.clone(), put_in(d.span.end as usize, "actions=drop")),
        _ => mended(d.clone(), text),
    };
    let mut complaints: Vec<Complaint> = survey.found.iter().map(of_reader).collect();
    complaints.extend(places(&survey.actions, None, around));
    let id = survey.words.iter().find(|w| w.name.slice(text) == "group_id").map(|w| w.value);
    if let (Some(number), Some(at)) = (survey.id, id) {
        let is_there = bridge.groups.iter().any(|group| group.id == number);
        let is_all = survey.command == Command::Delete && at.slice(text) == "all";
        match survey.command {
            Command::Add if is_there => {
                let message = format!("{} has group {number} already: the switch refuses it", bridge.name);
                let d = Diagnostic::warning("group-exists", at, message);
                complaints.push(Complaint { diagnostic: d.hint("group modify changes it"), fix: None });
            }
            Command::Add | Command::AddOrModify | Command::None => {}
            _ if is_there || is_all => {}
            Command::Delete => {
                let message = format!("{} has no group {number}: nothing is deleted", bridge.name);
                complaints.push(Complaint { diagnostic: Diagnostic::warning("missing-group", at, message), fix: None });
            }
            _ => {
                let message = format!("{} has no group {number}: the switch refuses it", bridge.name);
                let d = Diagnostic::warning("missing-group", at, message);
                complaints.push(Complaint { diagnostic: d.hint("group add comes first"), fix: None });
            }
        }
    }
    if survey.asked.is_some() && has_type && !text.contains("bucket=") {
        let d = Diagnostic::warning("no-bucket", Span::new(end, end), "without a bucket the group drops every packet");
        complaints.push(Complaint { diagnostic: d.hint("add bucket=.."), fix: None });
    }
    complaints
}

/// What is wrong or odd with a line about a meter.
pub(super) fn of_meter(text: &str, command: &str, survey: &meters::Survey, around: &Around<'_>) -> Vec<Complaint> {
    let bridge = around.bridge;
    let end = head(text, &survey.words, "band");
    let put_in = |at: usize, words: &str| put_in(text, at, words, survey.words.is_empty());
    let of_reader = |d: &Diagnostic| match d.code {
        "refused" if d.message.ends_with("the bands") => adding(d.clone(), put_in(end, "bands=type=drop,rate=1000")),
        "missing-value" if d.message.ends_with("the meter") => {
            let id = free(bridge.meters.iter().map(|meter| meter.id));
            adding(d.clone(), put_in(end, &format!("meter={id}")))
        }
        "missing-value" if d.message.contains("the unit") => adding(d.clone(), put_in(end, "kbps")),
        _ => mended(d.clone(), text),
    };
    let mut complaints: Vec<Complaint> = survey.found.iter().map(of_reader).collect();
    let id = survey.words.iter().find(|w| w.name.slice(text) == "meter").map(|w| w.value);
    if let (Some(number), Some(at)) = (survey.id, id.filter(|at| at.slice(text) != "all")) {
        let message = match (command, bridge.meter(number).is_some()) {
            ("add", true) => format!("{} has meter {number} already: the switch refuses it", bridge.name),
            ("modify", false) => format!("{} has no meter {number}: the switch refuses it", bridge.name),
            ("delete", false) => format!("{} has no meter {number}: nothing is deleted", bridge.name),
            _ => return complaints,
        };
        complaints.push(Complaint { diagnostic: Diagnostic::warning("meter-number", at, message), fix: None });
    }
    complaints
}
