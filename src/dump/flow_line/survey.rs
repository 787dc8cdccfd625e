//! A typed line read to its end, whatever is wrong with it: for those who watch somebody type.
//!
//! [`super::parse`] refuses a line at its first mistake, as `ovs-ofctl` does. Here every word is read by itself, so
//! that all mistakes are told at once and what stands beside them is understood all the same.

use super::reader::Reader;
use super::{Command, FlowMod, Reading, command, split_actions};
use crate::action::{self, Action, Cx, Mode, Outer};
use crate::base::args::{Item, Items, items};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::proto::Needs;
use crate::field::{FieldId, Names};

/// What was understood of a line, and what was not.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What the line asks for.
    pub command: Command,
    /// The words in front of the actions.
    pub words: Vec<Word>,
    /// The actions, outer ones only.
    pub actions: Vec<Done>,
    /// The flow as far as it was understood.
    pub flow_mod: FlowMod,
    /// Everything that is wrong or odd, in the order of the line.
    pub found: Vec<Diagnostic>,
    /// The line, if nothing is wrong with it.
    pub reading: Option<Reading>,
}

/// A word in front of the actions.
#[derive(Debug, Clone)]
pub struct Word {
    /// The whole word with its value.
    pub span: Span,
    /// Its name.
    pub name: Span,
    /// Its value; empty if it has none.
    pub value: Span,
    /// Whether it was understood.
    pub is_right: bool,
}

impl Word {
    /// An item of a line with its whole text.
    pub(in crate::dump) fn of(line: &str, item: &Item<'_>, text: &str, is_right: bool) -> Word {
        let value = if item.value.is_empty() { Span::default() } else { Span::of(line, item.value) };
        Word { span: Span::of(line, text), name: Span::of(line, item.name), value, is_right }
    }
}

/// An action.
#[derive(Debug, Clone)]
pub struct Done {
    /// Where it stands.
    pub span: Span,
    /// What it is, if it was understood. `drop` is none.
    pub action: Option<Action>,
}

/// A field that the match has no prerequisite for: `ovs-ofctl` drops it and adds the flow without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmet {
    /// The word that names it.
    pub name: Span,
    /// The field.
    pub field: FieldId,
}

/// Reads a line, in front of which a command may stand.
pub fn survey(line: &str, names: &Names) -> Survey {
    let (command, rest) = command(line);
    let mut reader = Reader::new(line, names, Mode::Typed, command);
    let (head, actions) = split_actions(rest);
    let mut wrong = Vec::new();
    reader.note_layout(head, actions);
    let mut words = Vec::new();
    for (item, text) in with_text(head) {
        let read = reader.item(&item);
        if read.is_ok() && item.open {
            reader.cx.bent("open-parenthesis", item.name, "a parenthesis is never closed");
        }
        words.push(Word::of(line, &item, text, read.is_ok()));
        wrong.extend(read.err());
    }
    // Whoever mistypes the word has not forgotten them.
    let is_mistyped = wrong.iter().any(|d| d.meant() == Some("actions"));
    if command.has_actions() && actions.is_none() && !is_mistyped {
        let at = &rest[rest.trim_end().len()..];
        let d = reader.cx.error("missing-actions", at, "the actions are missing");
        wrong.push(d.hint("add actions=.., or actions=drop"));
    }
    reader.finish_match();
    let mut done = Vec::new();
    if let Some(text) = actions.filter(|_| command.has_actions()) {
        let before = wrong.len();
        let mut cx = Cx::new(line, names, Mode::Typed);
        for (item, part) in with_text(text) {
            let read = action::parse(part, Outer::Flow, &mut cx);
            let is_drop = item.name.eq_ignore_ascii_case("drop");
            let action = read.as_ref().ok().filter(|_| !is_drop).and_then(|list| list.0.first().cloned());
            done.push(Done { span: Span::of(line, part), action });
            wrong.extend(read.err());
        }
        match wrong.len() == before {
            // Whether they may stand together can be asked once each of them is right.
            true => wrong.extend(reader.actions(text).err()),
            false => reader.cx.found.append(&mut cx.found),
        }
    }
    let words_of = |reader: &Reader<'_>| reader.seen.iter().map(|(f, word)| (*f, Span::of(line, word))).collect();
    let seen: Vec<(FieldId, Span)> = words_of(&reader);
    let mut found = reader.cx.found;
    let reading = wrong.is_empty().then(|| Reading {
        words: seen.clone(),
        flow_mod: reader.out.clone(),
        found: found.clone(),
        formats: reader.cx.formats & reader.cx.action_formats,
    });
    found.append(&mut wrong);
    found.sort_by_key(|d| (d.span.start, std::cmp::Reverse(d.severity)));
    Survey { command, words, actions: done, flow_mod: reader.out, found, reading }
}

impl Survey {
    /// The fields that the match has no prerequisite for, in the order of the line.
    pub fn unmet(&self, line: &str) -> Vec<Unmet> {
        let matches = &self.flow_mod.flow.matches;
        let mut unmet = Vec::new();
        for word in self.words.iter().filter(|w| w.is_right) {
            let Some(field) = crate::field::subfield::by_own_name(word.name.slice(line)) else { continue };
            // Fields of other protocols that share the bits are another question, and the reader asks it.
            let is_met = || FieldId::all().any(|f| f.slot == field.slot && matches.meets(f.needs));
            if field.needs != Needs::None && matches.has(field.slot) && !is_met() {
                unmet.push(Unmet { name: word.name, field });
            }
        }
        unmet
    }
}

/// Every item of a list with its whole text, parentheses included.
pub(in crate::dump) fn with_text(list: &str) -> impl Iterator<Item = (Item<'_>, &str)> {
    let mut left: Items<'_> = items(list);
    std::iter::from_fn(move || {
        let item = left.next()?;
        let (start, end) = (Span::of(list, item.name).start as usize, list.len() - left.rest().len());
        let text = list.get(start..end).unwrap_or(item.name);
        let is_separator = |c: char| matches!(c, ',' | ' ' | '\t' | '\r' | '\n');
        Some((item, text.trim_end_matches(is_separator)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> Vec<(String, String)> {
        let survey = survey(line, Names::none());
        let errors = survey.found.iter().filter(|d| d.is_error());
        errors.map(|d| (d.span.slice(line).to_owned(), d.message.clone())).collect()
    }

    #[test]
    fn every_mistake_of_a_line_is_told() {
        let line = "table=82,priorty=77,tcp,tp_dst=70000,actions=ct(comit),output:21,resubmt(,92)";
        let wrong = wrong(line);
        let places: Vec<&str> = wrong.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["priorty", "70000", "comit", "resubmt"], "{wrong:?}");
        let survey = survey(line, Names::none());
        assert_eq!((survey.flow_mod.flow.table, survey.actions.len()), (82, 3));
        assert!(survey.reading.is_none());
    }

    #[test]
    fn a_line_that_is_right_is_read_as_a_flow_file_reads_it() {
        for line in [
            "table=3,tcp,tp_dst=22,actions=set_field:1->reg0,resubmit(,4)",
            "priority=5,actions=drop",
            "delete_strict tcp",
            "nw_src=256.1.1.1,ip,actions=output:1,2",
            "actions=clone(output:1),write_actions(output:2)",
        ] {
            let parsed = super::super::parse(line, Names::none(), Mode::Typed, true).unwrap();
            let reading = survey(line, Names::none()).reading.unwrap();
            assert_eq!(reading.flow_mod, parsed.flow_mod, "{line}");
            assert_eq!((reading.words, reading.formats), (parsed.words, parsed.formats), "{line}");
        }
    }

    #[test]
    fn actions_that_may_not_stand_together_are_told_when_each_is_right() {
        assert_eq!(wrong("actions=goto_table:3,output:1")[0].0, "output");
        assert_eq!(wrong("actions=drop,output:1")[0].1, "`drop` must stand alone");
    }

    #[test]
    fn a_field_without_its_prerequisite_is_found_by_its_word() {
        let unmet = |line: &str| -> Vec<String> {
            let survey = survey(line, Names::none());
            survey.unmet(line).iter().map(|u| u.name.slice(line).to_owned()).collect()
        };
        assert_eq!(unmet("nw_src=10.0.0.1,tp_dst=80,actions=drop"), ["nw_src", "tp_dst"]);
        assert_eq!(unmet("ip,nw_src=10.0.0.1,tp_dst=80,actions=drop"), ["tp_dst"]);
        assert_eq!(unmet("udp,tp_dst=80,actions=drop"), [""; 0]);
        assert_eq!(unmet("tcp,nw_src=10.0.0.1,tp_dst=80,reg0=1,dl_src=fa:16:3e:00:00:01,actions=drop"), [""; 0]);
    }
}
