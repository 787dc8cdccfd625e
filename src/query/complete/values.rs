//! Values that may stand behind a field: those that this bridge has.

use rustc_hash::FxHashMap;

use super::{Found, ItemKind};
use crate::action::Action;
use crate::action::conntrack::Zone;
use crate::field::FieldId;
use crate::field::format::{CT_STATES, TCP_FLAGS};
use crate::field::names::port;
use crate::field::slot::word;
use crate::field::table::{Format, Shown};
use crate::model::bridge::Bridge;
use crate::model::store::FlowRef;
use crate::query::ast::Name;
use crate::query::cell::string;
use crate::query::compile::{Meaning, meaning};
use crate::query::eval::field_text;
use crate::query::fields::{Asked, FieldTest, Relation};
use crate::query::words::{FieldWord, Kind, Op, Place, RESERVED, Subject};

/// Flows that are looked at for values.
const SAMPLE: usize = 4096;
/// Different values that are kept of a sample.
const DISTINCT: usize = 1024;

/// The fields that flows of a bridge match, in the order of the table.
pub fn used(bridge: &Bridge) -> Vec<FieldId> {
    /// Shapes that are looked at; a bridge has a few dozen.
    const SHAPES: usize = 1000;
    let mut bits = vec![0u32; usize::from(word::END)];
    let shapes = bridge.flows.segments().flat_map(|(_, segment)| segment.shapes());
    for (id, mask) in shapes.take(SHAPES).flat_map(|shape| shape.masks.iter()) {
        if let Some(bits) = bits.get_mut(usize::from(*id)) {
            *bits |= mask;
        }
    }
    let is_printed = |f: &FieldId| !f.dump_name.is_empty() && !matches!(f.shown, Shown::Erspan(_) | Shown::WithNshMd1);
    let is_used = |f: &FieldId| f.slot.words().any(|(id, part)| bits[usize::from(id)] & part != 0);
    FieldId::all().filter(|f| is_printed(f) && is_used(f)).collect()
}

/// Some flows of a bridge, evenly spread.
fn sample(bridge: &Bridge) -> impl Iterator<Item = FlowRef<'_>> {
    let len = bridge.flows.len();
    (0..len).step_by(len.div_ceil(SAMPLE).max(1)).map(|id| bridge.flow(id as u32))
}

/// Things by how often they are met, the most frequent first; among equals the one met first.
fn by_frequency<T: std::hash::Hash + Eq>(things: impl Iterator<Item = T>) -> Vec<T> {
    let mut counts: FxHashMap<T, (usize, usize)> = FxHashMap::default();
    for thing in things {
        let next = counts.len();
        if next < DISTINCT || counts.contains_key(&thing) {
            counts.entry(thing).or_insert((0, next)).0 += 1;
        }
    }
    let mut counts: Vec<(T, (usize, usize))> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(_, (count, place))| (usize::MAX - count, *place));
    counts.into_iter().map(|(thing, _)| thing).collect()
}

/// A name as a value: in quotes if it could be taken for something else.
fn written(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
        && !name.contains("..")
        && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name));
    if is_plain { name.to_owned() } else { string(name) }
}

impl Found<'_> {
    /// Adds a value that is a name or a text. Where a quote was typed, it stands in quotes.
    fn add_name(&mut self, rank: u8, name: &str, doc: String) {
        let typed = self.typed;
        match typed.chars().next() {
            Some('"') => self.add(rank, string(name), ItemKind::Value, doc),
            // In single quotes the same has to be found by what stands behind the quote.
            Some('\'') => {
                self.typed = &typed[1..];
                let before = self.items.len();
                self.add(rank, name, ItemKind::Value, doc);
                self.items[before..].iter_mut().for_each(|c| c.item.insert = string(name));
                self.typed = typed;
            }
            _ => {
                let text = written(name);
                if text != name {
                    // `ta` finds `"tap web"` although that begins with a quote.
                    let before = self.items.len();
                    self.add(rank, name, ItemKind::Value, doc);
                    self.items[before..].iter_mut().for_each(|c| c.item.insert.clone_from(&text));
                } else {
                    self.add(rank, text, ItemKind::Value, doc);
                }
            }
        }
    }

    pub(super) fn tables(&mut self, rank: u8) {
        let here = self.scope.bridge.tables();
        let named = self.known.tables().to_vec();
        for (id, name) in &named {
            let flows = here.iter().find(|t| t.id == *id).map_or(0, |t| t.flows.len());
            let doc = format!("table {id}, {flows} {}", if flows == 1 { "flow" } else { "flows" });
            // OVN names a table by both stages that share it; either of them is a word, both together are not.
            self.add_name(if flows > 0 { rank } else { rank + 1 }, name, doc);
        }
        for table in here {
            let name = named.iter().find(|(id, _)| *id == table.id).map_or(String::new(), |(_, name)| name.to_string());
            self.add(rank + 1, table.id.to_string(), ItemKind::Value, name);
        }
    }

    fn ports(&mut self) {
        let ports = self.known.ports().to_vec();
        let mut bearers: FxHashMap<&str, usize> = FxHashMap::default();
        for (_, name) in &ports {
            *bearers.entry(name).or_default() += 1;
        }
        for (number, name) in &ports {
            // A name that several ports bear leads to none of them.
            let is_alone = bearers.get(&**name) == Some(&1);
            if is_alone && port::reserved_number(name).is_none_or(|n| n == *number) {
                let doc = if *number < port::MAX { format!("port {number}") } else { String::new() };
                self.add_name(0, name, doc);
            }
            if *number <= port::NONE {
                self.add(2, number.to_string(), ItemKind::Value, name.to_string());
            }
        }
        for (number, name) in port::RESERVED.iter().filter(|(n, _)| (port::IN_PORT..port::NONE).contains(n)) {
            self.add(1, *name, ItemKind::Value, format!("reserved port {number:#x}"));
        }
    }

    /// The name or number of a place.
    pub(super) fn place(&mut self, place: Place) -> String {
        match place {
            Place::Table => {
                self.tables(0);
                "a table: its number or name".to_owned()
            }
            Place::Port => {
                self.ports();
                "a port: its number or name".to_owned()
            }
            Place::Group => {
                self.groups();
                "a group: its number".to_owned()
            }
            Place::Flow => "a flow: the first digits of its id, as 9c41".to_owned(),
            Place::Drop | Place::Miss | Place::Normal | Place::Controller => String::new(),
        }
    }

    fn groups(&mut self) {
        let scope = self.scope;
        for group in &scope.bridge.groups {
            self.add(0, group.id.to_string(), ItemKind::Value, "");
        }
    }

    /// The values of a field.
    pub(super) fn values(&mut self, name: &Name<'_>, op: Op) -> String {
        if matches!(op, Op::Like | Op::Unlike) {
            return "a regular expression: \"..\", or /../, or /../i for any case".to_owned();
        }
        let doc = match meaning(name, self.scope) {
            Some(Meaning::Field(word)) => {
                self.values_of_word(word);
                word.kind.doc()
            }
            Some(Meaning::Match(asked) | Meaning::Set(asked)) => {
                self.values_of_field(&asked, op);
                if asked.bits.is_some() { "number, with a mask if wanted" } else { asked.field.format.doc() }
            }
            Some(Meaning::Protocol(_) | Meaning::State(_) | Meaning::Alias(_)) | None => return String::new(),
        };
        let set = if op == Op::In && !self.typed.starts_with('{') { "; several: {1, 5..9}" } else { "" };
        format!("{}: {doc}{set}", name.word)
    }

    fn values_of_word(&mut self, word: &FieldWord) {
        let scope = self.scope;
        match (word.kind, word.subject) {
            (Kind::Table, _) => self.tables(0),
            (Kind::Port, _) => self.ports(),
            (Kind::OneOf(words), _) => words.iter().for_each(|w| self.add(0, *w, ItemKind::Value, "")),
            (Kind::Cookie, _) => {
                for cookie in by_frequency(sample(scope.bridge).map(FlowRef::cookie)) {
                    self.add(0, format!("{cookie:#x}"), ItemKind::Value, "");
                }
            }
            (Kind::Zone, _) => {
                for zone in by_frequency(sample(scope.bridge).filter_map(zone_of)) {
                    self.add(0, zone, ItemKind::Value, "");
                }
            }
            (_, Subject::Priority) => {
                for priority in by_frequency(sample(scope.bridge).map(FlowRef::priority)) {
                    self.add(0, priority.to_string(), ItemKind::Value, "");
                }
            }
            (_, Subject::Group) => self.groups(),
            (_, Subject::Meter) => {
                for meter in &scope.bridge.meters {
                    self.add(0, meter.id.to_string(), ItemKind::Value, "");
                }
            }
            (_, Subject::Bridge) => self.add_name(0, &scope.bridge.name, String::new()),
            (_, Subject::Node) => scope.node.iter().for_each(|node| self.add_name(0, node, String::new())),
            _ => {}
        }
    }

    pub(super) fn values_of_field(&mut self, asked: &Asked, op: Op) {
        match asked.field.format {
            _ if asked.bits.is_some() => {}
            Format::Port => return self.ports(),
            Format::CtState => return self.flags(CT_STATES.names()),
            Format::TcpFlags => return self.flags(TCP_FLAGS.names()),
            Format::TunFlags => return self.flags(&["oam"]),
            Format::Frag => {
                for word in ["no", "yes", "first", "later", "not_later"] {
                    self.add(0, word, ItemKind::Value, "");
                }
                return;
            }
            _ => {}
        }
        let scope = self.scope;
        // Comparisons of size take no mask, and neither do bits, whose masks a dump does not print.
        let takes_mask = !matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast);
        let there = FieldTest { asked: asked.clone(), relation: Relation::Present };
        let text = |flow: FlowRef<'_>| {
            let matches = flow.matches();
            let mut text = String::new();
            there.holds(|id| matches.word(id)).then(|| field_text(asked, &matches, &scope.bridge.names, &mut text))?;
            (takes_mask || !text.contains('/')).then_some(text)
        };
        for value in by_frequency(sample(scope.bridge).filter_map(text)) {
            self.add(0, value, ItemKind::Value, "");
        }
    }

    /// Flags with their signs; the last one may have been begun.
    fn flags(&mut self, names: &[&'static str]) {
        let typed = self.typed;
        let (before, _) = typed.split_at(typed.rfind(['+', '-', '|']).map_or(0, |at| at + 1));
        let said = |name: &str| before.split(['+', '-', '|']).any(|word| word == name);
        for name in names.iter().filter(|name| !said(name) && name.starts_with(|c: char| c.is_ascii_alphabetic())) {
            if before.is_empty() && !typed.is_empty() {
                self.add(0, *name, ItemKind::Value, "exactly this flag");
            } else if before.is_empty() {
                self.add(0, format!("+{name}"), ItemKind::Value, "the flag is set");
                self.add(1, format!("-{name}"), ItemKind::Value, "the flag is not set");
            } else {
                self.add(0, format!("{before}{name}"), ItemKind::Value, "");
            }
        }
    }
}

/// The zone of a flow's ct, as it is written.
fn zone_of(flow: FlowRef<'_>) -> Option<String> {
    let mut zone = None;
    flow.actions().each(&mut |action| {
        if let Action::Ct(ct) = action {
            zone.get_or_insert_with(|| {
                let mut text = String::new();
                match &ct.zone {
                    Zone::Number(n) => text = n.to_string(),
                    Zone::Field(field) => field.paint(&mut text),
                }
                text
            });
        }
    });
    zone
}
