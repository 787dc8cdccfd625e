//! Warnings that say the same, told once: hundreds of flows that go the same way are one line and not hundreds.

use super::warnings::{Kind, Warning};
use crate::base::words::counted;
use crate::field::Names;
use crate::model::flow::{Flow, FlowKey};

/// Warnings that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<'a> {
    /// What they are about.
    pub kind: Kind,
    /// A sentence that holds for all of them.
    pub sentence: String,
    /// The edits that they are about, counted from 0, in order.
    pub edits: Vec<usize>,
    /// Each of them, in the order of the edits.
    pub warnings: Vec<&'a Warning>,
}

/// The same warnings, those together that say the same of flows of one table, or say the same word for word.
pub fn told<'a>(warnings: impl IntoIterator<Item = &'a Warning>) -> Vec<Told<'a>> {
    let mut all: Vec<Told<'a>> = Vec::new();
    let mut known: rustc_hash::FxHashMap<(Kind, Option<u8>, &'a str), usize> = rustc_hash::FxHashMap::default();
    for warning in warnings {
        let table = warning.subject.as_ref().map(|key| key.table);
        let key = (warning.kind, table, if table.is_some() { "" } else { &*warning.sentence });
        let at = *known.entry(key).or_insert_with(|| {
            all.push(Told { kind: warning.kind, sentence: String::new(), edits: Vec::new(), warnings: Vec::new() });
            all.len() - 1
        });
        let told = &mut all[at];
        if told.edits.last() != Some(&warning.edit) {
            told.edits.push(warning.edit);
        }
        told.warnings.push(warning);
    }
    for told in &mut all {
        told.sentence = sentence(told.kind, &told.warnings);
    }
    all
}

/// What holds for all of them.
fn sentence(kind: Kind, warnings: &[&Warning]) -> String {
    let [first, _, ..] = warnings else { return warnings.first().map_or(String::new(), |w| w.sentence.clone()) };
    let Some(subject) = &first.subject else { return first.sentence.clone() };
    let flows = format!("{} of table {}", counted(warnings.len(), "flow"), subject.table);
    match kind {
        Kind::Miss => format!("what {flows} match matches no flow of it then"),
        Kind::Opens => format!("what {flows} dropped can go on then"),
        Kind::Shadowed => format!("flows of higher priority take all packets of {flows}"),
        Kind::Shadows => format!("{flows} take all packets of others below that do something else"),
        Kind::Overlap => format!(
            "{flows} overlap others of the same priority that do something else: which one a packet gets is not defined"
        ),
        _ => first.sentence.clone(),
    }
}

impl Told<'_> {
    /// The flows that the warnings are about, as far as there is more than one, each as its match with its priority.
    pub fn places(&self, names: &Names) -> impl Iterator<Item = String> {
        let subjects = self.warnings.iter().filter_map(|warning| warning.subject.as_ref());
        subjects.take(if self.warnings.len() > 1 { usize::MAX } else { 0 }).map(move |key| place(key, names))
    }
}

fn place(key: &FlowKey, names: &Names) -> String {
    let flow = Flow { priority: key.priority, matches: key.matches.clone(), ..Flow::default() };
    let text = flow.match_text(names);
    format!("priority {} {}", key.priority, if text.is_empty() { "every packet" } else { &text })
}
