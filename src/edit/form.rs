//! A flow with one line for each of its words: the same text, laid out as a form.

use super::others::{BAND, BUCKET, HEAD, METER};
use super::{Around, complete::of_field, protocol};
use crate::action;
use crate::base::span::Span;
use crate::dump::change_file::Topic;
use crate::dump::flow_line::{KEYS, split_actions};
use crate::field::subfield::by_own_name;

/// A line of the form: a part of the text, so that whoever edits the line edits the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The part, without the commas around it.
    pub span: Span,
    /// Whether it is an action.
    pub is_action: bool,
    /// What it is, in words.
    pub doc: String,
}

/// The lines of a text. Parts that are still empty have lines, too; together they hold all but commas and blanks.
pub fn form(text: &str, around: &Around<'_>) -> Vec<Line> {
    if !matches!(Topic::of(text).0, Topic::Flow | Topic::Packet) {
        return of_other(text);
    }
    let (head, actions) = split_actions(text);
    let mut lines = Vec::new();
    for part in parts(head) {
        let span = Span::of(text, part);
        // Between the last comma and `actions=` there is nothing to fill in.
        if part.is_empty() && actions.is_some() && span.end as usize == head.len() && !lines.is_empty() {
            continue;
        }
        lines.push(Line { span, is_action: false, doc: of_word(part, around) });
    }
    for part in actions.map(parts).unwrap_or_default() {
        lines.push(of_action(Span::of(text, part), part));
    }
    lines
}

fn of_action(span: Span, part: &str) -> Line {
    let word = part.split([':', '(', '=']).next().unwrap_or("");
    Line { span, is_action: true, doc: action::word_by_name(word).map_or(String::new(), |w| w.doc.to_owned()) }
}

/// The lines of a text about a group or a meter.
fn of_other(text: &str) -> Vec<Line> {
    let rows = HEAD.iter().map(|row| (row.word, row.doc)).chain(BUCKET).chain(METER).chain(BAND);
    let docs: Vec<(&str, &str)> = rows.collect();
    let doc_of = |part: &str| {
        let found = docs.iter().find(|(word, _)| match word.strip_suffix(['=', ':', '(']) {
            Some(name) => part.strip_prefix(name).is_some_and(|rest| rest.starts_with(['=', ':', '('])),
            None => part == *word,
        });
        found.map(|(_, doc)| (*doc).to_owned())
    };
    let of = |part: &str| {
        let span = Span::of(text, part);
        // A bucket and its actions begin with a word of their own.
        let own = part.strip_prefix("bucket=").filter(|own| !own.is_empty()).unwrap_or(part);
        let action = own.strip_prefix("actions=").unwrap_or(own);
        match doc_of(own).filter(|_| action.len() == own.len() || action.is_empty()) {
            Some(doc) => Line { span, is_action: false, doc },
            None => of_action(span, action),
        }
    };
    let mut lines: Vec<Line> = parts(text).into_iter().map(of).collect();
    // The words in front, `group add`, are no actions.
    for line in lines.iter_mut().take_while(|line| !line.span.slice(text).contains('=')) {
        (line.is_action, line.doc) = (false, String::new());
    }
    lines
}

/// The line in which a position of the text stands.
pub fn line_at(lines: &[Line], cursor: usize) -> usize {
    let behind = lines.iter().rposition(|line| line.span.start as usize <= cursor);
    behind.unwrap_or(0)
}

/// The parts of a list: what stands between commas and blanks outside parentheses.
fn parts(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut depth) = (0, 0usize);
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&list[from..at]);
                from = at + 1;
            }
            ' ' | '\t' if depth == 0 => {
                if from < at {
                    parts.push(&list[from..at]);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[from..]);
    parts
}

/// What a word in front of the actions is.
fn of_word(word: &str, around: &Around<'_>) -> String {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    if let Some(protocol) = protocol(name) {
        return protocol.doc.to_owned();
    }
    if name == "table" {
        return value.parse().map_or_else(|_| "the table it stands in".to_owned(), |id| around.table_name(id));
    }
    if KEYS.iter().any(|(key, _)| *key == name) {
        return String::new();
    }
    by_own_name(name).map_or(String::new(), of_field)
}
