//! A flow with one line for each of its words: the same text, laid out as a form.

use super::{Around, complete::of_field, protocol};
use crate::action;
use crate::base::span::Span;
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
        let word = part.split([':', '(', '=']).next().unwrap_or("");
        let doc = action::word_by_name(word).map_or(String::new(), |w| w.doc.to_owned());
        lines.push(Line { span: Span::of(text, part), is_action: true, doc });
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
