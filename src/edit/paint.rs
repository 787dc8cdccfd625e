//! The colours of a text that is being typed: those that the same flow has when it is printed.

use super::Around;
use crate::base::paint::{Pieces, Role};
use crate::base::span::Span;
use crate::dump::change_file::Survey;
use crate::dump::flow_line::{Done, Word};
use crate::field::subfield::by_own_name;
use crate::field::{Match, Names, format};

/// A part of the text with its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Where.
    pub span: Span,
    /// What it means.
    pub role: Role,
}

/// The parts of a text that are more than text, in order.
pub fn pieces(text: &str, survey: &Survey, around: &Around<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match survey {
        Survey::Flow(flow) => {
            flow.words.iter().for_each(|word| of_word(text, word, &around.bridge.names, &mut pieces));
            flow.actions.iter().for_each(|done| of_action(text, done, &mut pieces));
        }
        Survey::Group(group) => {
            group.words.iter().for_each(|word| of_other(text, word, &mut pieces));
            group.actions.iter().for_each(|done| of_action(text, done, &mut pieces));
            pieces.sort_by_key(|piece| piece.span.start);
        }
        Survey::Meter(_, meter) => meter.words.iter().for_each(|word| of_other(text, word, &mut pieces)),
    }
    pieces.retain(|piece| piece.span.start < piece.span.end);
    pieces
}

fn of_word(text: &str, word: &Word, names: &Names, out: &mut Vec<Piece>) {
    if !word.is_right {
        return;
    }
    let name = word.name.slice(text);
    if super::protocol(name).is_some() {
        return out.push(Piece { span: word.name, role: Role::Proto });
    }
    if name == "table" {
        return out.push(Piece { span: word.value, role: Role::Goto });
    }
    let Some(field) = by_own_name(name) else { return };
    let Ok(parsed) = format::parse(&field, word.value.slice(text), names) else { return };
    let mut matches = Match::any();
    matches.set(&field, &parsed.value, &parsed.mask);
    let mut printed = Pieces::default();
    matches.paint_field(&field, names, &mut printed);
    if let [first, .., last] = &printed.0[..] {
        out.push(Piece { span: word.name, role: first.role });
        out.push(Piece { span: word.value, role: last.role });
    }
}

/// A word of a group or a meter, as its dump colours it.
fn of_other(text: &str, word: &Word, out: &mut Vec<Piece>) {
    let role = match word.name.slice(text) {
        "group_id" | "watch_group" => Role::Goto,
        "meter" | "type" => Role::Accent,
        "watch_port" => Role::Output,
        _ => return,
    };
    if word.is_right {
        out.push(Piece { span: word.value, role });
    }
}

fn of_action(text: &str, done: &Done, out: &mut Vec<Piece>) {
    let written = done.span.slice(text);
    let Some(action) = &done.action else {
        if written.eq_ignore_ascii_case("drop") {
            out.push(Piece { span: done.span, role: Role::Drop });
        }
        return;
    };
    let mut printed = Pieces::default();
    action.paint(Names::none(), &mut printed);
    let role = printed.0.first().map_or(Role::Text, |p| p.role);
    let end = written.find(['(', ':']).unwrap_or(written.len());
    let start = done.span.start as usize;
    out.push(Piece { span: Span::new(start, start + end), role });
    // Where it leads has the colour of the last printed place.
    let place = printed.0.iter().rev().find(|p| matches!(p.role, Role::Goto | Role::Output) && p.target.is_some());
    if let Some(place) = place
        && let Some(at) = written.rfind(place.text.as_str()).filter(|at| *at > end)
    {
        out.push(Piece { span: Span::new(start + at, start + at + place.text.len()), role: place.role });
    }
}
