//! What may stand at the cursor of a filter line.
//!
//! The parser reads the text up to the cursor and tells what it expected where it met the end; here that becomes words
//! of the language, fields, operators that fit, and values that this bridge has (`values`). Everything offered makes a
//! filter that is right or that more typing can make right, which a test holds for every item.
//!
//! The work is bounded whatever the size of the bridge: values are those of a sample of its flows.

mod values;

use std::borrow::Cow;

use rustc_hash::FxHashSet;

pub use self::values::used;

use super::Scope;
use super::ast::Name;
use super::compile::{Meaning, meaning};
use super::fields::Asked;
use super::lex;
use super::parse::{Expect, parse};
use super::value::{Known, begins};
use super::words::{Data, FIELDS, FieldWord, Kind, OPS, Op, OpWord, PLACES, STATES, WAYS};
use crate::base::span::Span;
use crate::field::FieldId;
use crate::field::proto::PROTOCOLS;
use crate::field::table::Dump;

/// What may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// What an item takes the place of: the word that the cursor touches.
    pub replace: Span,
    /// What may stand there, the likeliest first.
    pub items: Vec<Item>,
    /// How many more there are.
    pub more: usize,
    /// What is expected there, in words; why nothing is, if the text before the cursor is wrong.
    pub hint: String,
}

/// Something that may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What to put there; also what to show.
    pub insert: String,
    /// What it is.
    pub kind: ItemKind,
    /// What it means, in words; empty if there is nothing to say.
    pub doc: Cow<'static, str>,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A match field.
    Field,
    /// Another word that takes a value.
    Word,
    /// A word that stands alone.
    State,
    /// A protocol.
    Protocol,
    /// An alias.
    Alias,
    /// A word of the grammar.
    Grammar,
    /// An operator.
    Operator,
    /// A place that a reference names.
    Place,
    /// A value.
    Value,
}

/// Items at most.
pub const ITEMS: usize = 100;

/// What may stand at `cursor`, an offset into the text in bytes.
pub fn complete(text: &str, cursor: usize, scope: &Scope<'_>) -> Completion {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let head = &text[..cursor];
    // A name that ends in a dot is one whose next part is still to come; the parser would not take the dot.
    let read = head.strip_suffix('.').filter(|h| h.ends_with(|c: char| c.is_alphabetic())).unwrap_or(head);
    let parsed = parse(read);
    let context = match parsed.context {
        // A word of the grammar that touches the cursor may still become another one: what could stand in its place?
        Some(context) if context.start == cursor => match word_at_end(head) {
            Some(start) => parse(&head[..start]).context.filter(|c| c.start == start),
            None => Some(context),
        },
        context => context.filter(|c| read.len() == head.len() || c.start < read.len()),
    };
    let Some(context) = context else {
        let hint = parsed.expr.err().map_or(String::new(), |d| d.message);
        return Completion { replace: Span::new(cursor, cursor), hint, ..Completion::default() };
    };
    let start = context.start;
    let mut found = Found { scope, known: Known::new(scope), typed: &head[start..], items: Vec::new() };
    let hint = found.expected(context.expect);
    let is_value = matches!(context.expect, Expect::Value(..) | Expect::PlaceValue(_));
    let (items, more) = found.best();
    Completion { replace: Span::new(start, end_of(text, start, cursor, is_value)), items, more, hint }
}

/// The values of a match field that flows of the bridge have, those that are met most often first, as far as they fit
/// what was typed.
pub fn seen(field: FieldId, typed: &str, scope: &Scope<'_>) -> Vec<Item> {
    let Ok(asked) = Asked::new(field.name, None) else { return Vec::new() };
    let mut found = Found { scope, known: Known::new(scope), typed, items: Vec::new() };
    found.values_of_field(&asked, Op::Equals);
    found.best().0
}

/// Where the word begins that a text ends with, if it does.
fn word_at_end(head: &str) -> Option<usize> {
    let start = head.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-')).len();
    (start < head.len()).then_some(start)
}

/// Where the word ends that the cursor touches.
fn end_of(text: &str, start: usize, cursor: usize, is_value: bool) -> usize {
    let rest = &text[cursor..];
    let is_quoted = text[start..].starts_with(['"', '\'']);
    match lex::quoted(&text[start..]).filter(|_| is_quoted && is_value) {
        Some(found) => text.len() - found.rest.len(),
        None if is_quoted => cursor,
        None if is_value => cursor + lex::value(rest).0.len(),
        None => {
            let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
            cursor + rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        }
    }
}

/// An item with what it is sorted by.
struct Candidate {
    /// Whether what was typed stands in its middle only.
    is_inside: bool,
    /// The likelier ones first.
    rank: u8,
    item: Item,
}

struct Found<'a> {
    scope: &'a Scope<'a>,
    known: Known<'a>,
    /// What was typed of the word.
    typed: &'a str,
    items: Vec<Candidate>,
}

impl Found<'_> {
    fn add(&mut self, rank: u8, insert: impl Into<String>, kind: ItemKind, doc: impl Into<Cow<'static, str>>) {
        let (insert, doc) = (insert.into(), doc.into());
        let is_inside = !begins(&insert, self.typed);
        if is_inside && (self.typed.len() < 2 || !contains(&insert, self.typed)) {
            return;
        }
        self.items.push(Candidate { is_inside, rank, item: Item { insert, kind, doc } });
    }

    /// The items that are shown, and how many are not.
    fn best(mut self) -> (Vec<Item>, usize) {
        // The sort is stable: words stay in the order of the docs, values in that of how often they are met.
        self.items.sort_by_key(|c| (c.is_inside, c.rank));
        let mut seen = FxHashSet::default();
        let is_new: Vec<bool> = self.items.iter().map(|c| seen.insert(c.item.insert.as_str())).collect();
        let more = seen.len().saturating_sub(ITEMS);
        let items = self.items.into_iter().zip(is_new).filter(|(_, is_new)| *is_new).map(|(c, _)| c.item);
        (items.take(ITEMS).collect(), more)
    }

    /// Adds what may stand here, and says what that is.
    fn expected(&mut self, expect: Expect<'_>) -> String {
        match expect {
            Expect::Term => {
                self.terms();
                "a term: a keyword, field = value, or \"text\"".to_owned()
            }
            Expect::Field => {
                self.fields(true);
                "a field".to_owned()
            }
            Expect::Operator(name) => {
                let takes_value = self.operators(&name);
                self.connectors();
                if !self.typed.is_empty() {
                    self.terms();
                }
                let what = if takes_value { "an operator, or and, or" } else { "and, or, or another term" };
                format!("{what} after {}", name.word)
            }
            Expect::Value(name, op) => self.values(&name, op),
            Expect::Connector => {
                self.connectors();
                if !self.typed.is_empty() {
                    self.terms();
                }
                "and, or, or another term".to_owned()
            }
            Expect::PacketItem => {
                self.protocols(0);
                self.match_fields(&values::used(self.scope.bridge));
                "what the packet has: a protocol, or field = value".to_owned()
            }
            Expect::PacketEquals => {
                self.add(0, "=", ItemKind::Operator, "the packet has this value");
                "= and a value".to_owned()
            }
            Expect::Target => {
                for (name, _, _, doc) in PLACES {
                    self.add(0, *name, ItemKind::Place, *doc);
                }
                self.tables(1);
                "a place: a table, port, flow, group, drop, miss, normal or controller".to_owned()
            }
            Expect::PlaceValue(place) => self.place(place),
        }
    }

    fn terms(&mut self) {
        self.fields(false);
        for word in STATES {
            self.add(3, word.name, ItemKind::State, needing(word.doc, word.needs));
        }
        self.protocols(4);
        for (name, text) in self.scope.aliases {
            self.add(2, name, ItemKind::Alias, format!("stands for {text}"));
        }
        for (word, doc) in [
            ("not", "the opposite of a term"),
            ("has", "the flow matches a field"),
            ("hits{", "the whole match can meet such a packet"),
            ("wins{", "the flow gets such a packet"),
        ] {
            self.add(5, word, ItemKind::Grammar, doc);
        }
        for (word, _, doc) in WAYS {
            self.add(5, *word, ItemKind::Grammar, *doc);
        }
    }

    fn protocols(&mut self, rank: u8) {
        for protocol in &PROTOCOLS {
            self.add(rank, protocol.name, ItemKind::Protocol, protocol.doc);
        }
    }

    /// The words that take a value.
    fn fields(&mut self, is_has: bool) {
        let used = values::used(self.scope.bridge);
        self.match_fields(&used);
        for word in FIELDS {
            for name in word.spellings() {
                // Whoever asks for all of them is not shown the same one twice.
                if name == word.name || !self.typed.is_empty() {
                    let doc = if is_has { word.bare } else { word.doc };
                    self.add(1, name, ItemKind::Word, needing(doc, word.needs));
                }
            }
        }
        match begins(self.typed, "set.") {
            true => FieldId::all().filter(|f| f.writable).for_each(|f| {
                self.add(1, format!("set.{}", f.name), ItemKind::Word, format!("written by an action: {}", f.doc));
            }),
            false => self.add(6, "set.", ItemKind::Word, "a field that actions write"),
        }
    }

    /// The match fields; those that are used first.
    fn match_fields(&mut self, used: &[FieldId]) {
        for field in used {
            let name = if field.dump_name.is_empty() { field.name } else { field.dump_name };
            self.add(0, name, ItemKind::Field, doc_of(*field));
        }
        if self.typed.is_empty() && !used.is_empty() {
            return;
        }
        for field in FieldId::all() {
            let is_plain = field.dump != Dump::Never && !field.dump_name.is_empty();
            let names = field.aliases.iter().copied().chain([field.dump_name, field.name]).filter(|n| !n.is_empty());
            for name in names {
                // The name that dumps print may be that of several fields, the first of which it is read as.
                if FieldId::by_name(name).is_some() {
                    self.add(if is_plain { 1 } else { 2 }, name, ItemKind::Field, doc_of(field));
                }
            }
        }
    }

    /// The operators that fit what a name stands for; whether there are any.
    fn operators(&mut self, name: &Name<'_>) -> bool {
        let fitting: Vec<&OpWord> = match meaning(name, self.scope) {
            Some(Meaning::Field(word)) => OPS.iter().filter(|row| fits_word(word, row.op)).collect(),
            Some(Meaning::Match(asked)) => OPS.iter().filter(|row| fits_field(&asked, row.op)).collect(),
            Some(Meaning::Set(asked)) => {
                let fits = |row: &&OpWord| fits_field(&asked, row.op) && !matches!(row.op, Op::Like | Op::Unlike);
                OPS.iter().filter(fits).collect()
            }
            Some(Meaning::Protocol(_) | Meaning::State(_) | Meaning::Alias(_)) | None => Vec::new(),
        };
        let takes_value = !fitting.is_empty();
        // `==` is `=`.
        for row in fitting.iter().filter(|row| row.name != "==") {
            self.add(0, row.name, ItemKind::Operator, row.doc);
        }
        takes_value
    }

    fn connectors(&mut self) {
        self.add(8, "and", ItemKind::Grammar, "both hold");
        self.add(8, "or", ItemKind::Grammar, "one of them holds");
    }
}

/// Whether a word holds another one, in any case.
fn contains(word: &str, part: &str) -> bool {
    word.as_bytes().windows(part.len().max(1)).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

fn doc_of(field: FieldId) -> String {
    format!("{}; {}", field.doc, field.format.doc())
}

/// What a word means, with what it needs.
fn needing(doc: &'static str, needs: Data) -> Cow<'static, str> {
    match needs {
        Data::Flows => doc.into(),
        needs => format!("{doc} (needs {})", needs.doc()).into(),
    }
}

/// Whether it makes sense to ask this of a word that is no match field.
fn fits_word(word: &FieldWord, op: Op) -> bool {
    match op {
        _ if word.kind == Kind::Presence => false,
        Op::Equals | Op::NotEquals | Op::In => true,
        Op::Less | Op::AtMost | Op::More | Op::AtLeast => word.kind.is_ordered(),
        // Numbers with fractions have no text that anybody could know.
        Op::Like | Op::Unlike => !matches!(word.kind, Kind::Rate | Kind::Percent),
        Op::Covers | Op::Hits | Op::Admits => false,
    }
}

/// Whether it makes sense to ask this of a match field.
fn fits_field(asked: &Asked, op: Op) -> bool {
    match op {
        Op::Less | Op::AtMost | Op::More | Op::AtLeast => asked.is_ordered(),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
