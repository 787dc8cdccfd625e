//! How a template is printed: as a dump prints its flows, with `<1000 ports>` where they differ.
//!
//! The match is printed through a painter that knows the names of the fields that differ. Actions of one template print
//! in as many pieces, in the same order, so what differs among them is found by comparing the pieces.

use rustc_hash::{FxHashMap, FxHashSet};

use super::vary::Thing;
use super::{Fold, FoldGroup, Hole, Key, Place};
use crate::action::Actions;
use crate::base::number::Digits;
use crate::base::paint::{Painter, Role, Target};
use crate::field::names::{Names, paint_port};
use crate::field::subfield::Subfield;
use crate::field::{FieldId, table};
use crate::model::naming::Naming;
use crate::query::Scope;

/// The printed actions of many lists, each printed once.
pub(super) struct Texts<'n> {
    names: &'n Names,
    text: String,
    /// Where each piece ends.
    ends: Vec<u32>,
    /// For each list its first piece and the one after its last.
    lists: FxHashMap<u32, (u32, u32)>,
}

/// Keeps pieces of text, one behind the other.
struct Keep<'t> {
    text: &'t mut String,
    ends: &'t mut Vec<u32>,
}

impl Painter for Keep<'_> {
    fn put(&mut self, _role: Role, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }
}

impl<'n> Texts<'n> {
    pub(super) fn new(names: &'n Names) -> Texts<'n> {
        Texts { names, text: String::new(), ends: Vec::new(), lists: FxHashMap::default() }
    }

    fn list(&mut self, number: u32, actions: &Actions) -> (u32, u32) {
        if let Some(range) = self.lists.get(&number) {
            return *range;
        }
        let first = self.ends.len() as u32;
        actions.paint(self.names, &mut Keep { text: &mut self.text, ends: &mut self.ends });
        let range = (first, self.ends.len() as u32);
        self.lists.insert(number, range);
        range
    }

    fn piece(&self, at: u32) -> &str {
        let end = |at: u32| self.ends.get(at as usize).map_or(self.text.len(), |end| *end as usize);
        let start = if at == 0 { 0 } else { end(at - 1) };
        &self.text[start..end(at)]
    }

    /// The pieces in which lists of one template differ. The lists are numbered, so that each is printed once.
    pub(super) fn holes(&mut self, lists: &[(u32, &Actions)], naming: &Naming) -> Vec<Hole> {
        let [(_, sample), _, ..] = lists else { return Vec::new() };
        let ranges: Vec<(u32, u32)> = lists.iter().map(|(number, actions)| self.list(*number, actions)).collect();
        let (first, end) = ranges[0];
        let mut pieces = Things::default();
        sample.paint(self.names, &mut pieces);
        let mut holes = Vec::new();
        let mut distinct = FxHashSet::default();
        for at in 0..end - first {
            // A list of fewer pieces, which no action of today makes, just has nothing there.
            let text = |range: &(u32, u32)| if range.0 + at < range.1 { self.piece(range.0 + at) } else { "" };
            let same = text(&ranges[0]);
            if ranges.iter().all(|range| text(range) == same) {
                continue;
            }
            distinct.clear();
            distinct.extend(ranges.iter().map(text));
            let thing = pieces.thing(at as usize, naming);
            holes.push(Hole { place: Place::Piece(at), thing, values: distinct.len() as u32, has_masks: false });
        }
        holes
    }
}

/// The pieces of one list with what they lead to.
#[derive(Default)]
struct Things(Vec<(Option<Target>, Role, String)>);

impl Painter for Things {
    fn put(&mut self, role: Role, text: &str) {
        self.0.push((None, role, text.to_owned()));
    }

    fn link(&mut self, target: Target, role: Role, text: &str) {
        self.0.push((Some(target), role, text.to_owned()));
    }
}

impl Things {
    /// What kind of thing a piece is: as its link says, or the field that it is written to, or how it looks.
    fn thing(&self, at: usize, naming: &Naming) -> Thing {
        let Some((target, role, text)) = self.0.get(at) else { return Thing::Value };
        match target {
            Some(Target::Port(_)) => return Thing::Port,
            Some(Target::Group(_)) => return Thing::Group,
            Some(Target::Meter(_)) => return Thing::Meter,
            Some(Target::Conjunction(_)) => return Thing::Conjunction,
            Some(Target::Table(_)) | None => {}
        }
        if let Some(thing) = self.0.get(at + 1..).and_then(|rest| written_to(rest, naming)) {
            return thing;
        }
        let before = at.checked_sub(1).map_or("", |at| self.0[at].2.as_str());
        match before {
            "zone=" => Thing::Zone,
            "conjunction(" => Thing::Conjunction,
            _ if *role == Role::Addr && text.len() == 17 && text.matches(':').count() == 5 => Thing::Mac,
            _ if *role == Role::Addr => Thing::Address,
            _ => Thing::Value,
        }
    }
}

/// The kind of thing that the field holds to which a value is written: `->` and a field follow it.
fn written_to(rest: &[(Option<Target>, Role, String)], naming: &Naming) -> Option<Thing> {
    let arrow = rest.iter().take(3).position(|(_, _, text)| text == "->")?;
    let name: String = rest[arrow + 1..].iter().map(|(_, _, text)| text.as_str()).take_while(|t| *t != ",").collect();
    let name = name.trim_end_matches(')');
    let field = FieldId::by_name(name).map(Subfield::whole).or_else(|| Subfield::parse(name).ok())?;
    Some(Thing::of_field(&field.field, (field.offset, field.width), naming))
}

impl Hole {
    fn paint(&self, p: &mut impl Painter) {
        let mut text = String::from("<");
        text.push_str(Digits::decimal(self.values.into()).as_str());
        text.push(' ');
        text.push_str(self.thing.plural());
        text.push('>');
        p.put(Role::Accent, &text);
    }
}

/// Lets pass what is printed of a match, except for the values of fields that differ.
struct Match<'a, P> {
    inner: &'a mut P,
    holes: &'a [Hole],
    /// What was printed of the field so far.
    name: String,
    /// Whether the value that is printed now is left out.
    is_hidden: bool,
    /// Whether its mask is left out with it.
    hides_mask: bool,
}

impl<P: Painter> Match<'_, P> {
    /// Whether a piece passes.
    fn pass(&mut self, role: Role, text: &str) -> bool {
        if text == "," {
            self.is_hidden = false;
        }
        if self.is_hidden && self.hides_mask {
            return false;
        }
        // The mask is the same for all.
        if self.is_hidden && !text.starts_with('/') {
            if let Some((_, mask)) = text.split_once('/') {
                self.is_hidden = false;
                self.inner.put(role, "/");
                self.inner.put(role, mask);
            }
            return false;
        }
        self.is_hidden = false;
        true
    }

    fn passed(&mut self, text: &str) {
        if text == "," {
            return self.name.clear();
        }
        self.name.push_str(text);
        let Some(name) = self.name.strip_suffix('=') else { return };
        let is_it = |hole: &&Hole| match hole.place {
            Place::Field(table::VLAN_TCI) => name == "vlan_tci",
            Place::Field(table::DL_VLAN) => name == "dl_vlan",
            Place::Field(field) => field.dump_name == name,
            Place::Piece(_) => false,
        };
        if let Some(hole) = self.holes.iter().find(is_it) {
            hole.paint(self.inner);
            self.is_hidden = true;
            self.hides_mask = hole.has_masks;
        }
    }
}

impl<P: Painter> Painter for Match<'_, P> {
    fn put(&mut self, role: Role, text: &str) {
        if self.pass(role, text) {
            self.inner.put(role, text);
            self.passed(text);
        }
    }

    fn link(&mut self, target: Target, role: Role, text: &str) {
        if self.pass(role, text) {
            self.inner.link(target, role, text);
            self.passed(text);
        }
    }
}

/// Lets pass what is printed of actions, except for the pieces that differ.
struct Pieces<'a, P> {
    inner: &'a mut P,
    holes: &'a [Hole],
    at: u32,
}

impl<P: Painter> Pieces<'_, P> {
    /// Prints the placeholder for a piece, if it has one.
    fn is_hole(&mut self) -> bool {
        let place = Place::Piece(self.at);
        self.at += 1;
        let hole = self.holes.iter().find(|hole| hole.place == place);
        hole.inspect(|hole| hole.paint(self.inner)).is_some()
    }
}

impl<P: Painter> Painter for Pieces<'_, P> {
    fn put(&mut self, role: Role, text: &str) {
        if !self.is_hole() {
            self.inner.put(role, text);
        }
    }

    fn link(&mut self, target: Target, role: Role, text: &str) {
        if !self.is_hole() {
            self.inner.link(target, role, text);
        }
    }
}

impl Fold {
    /// Prints what the flows of a group have in common: a template as a dump prints a flow, without its table, and with
    /// `<1000 ports>` where they differ; of other groups the term of a filter that finds them, where there is one.
    pub fn paint(&self, group: &FoldGroup, scope: &Scope<'_>, p: &mut impl Painter) {
        let names: &Names = &scope.bridge.names;
        match group.key {
            Key::Template => {
                let Some(first) = self.flows(group).first() else { return };
                let flow = scope.bridge.flow(*first);
                let name = String::new();
                let mut matched =
                    Match { inner: &mut *p, holes: &group.holes, name, is_hidden: false, hides_mask: false };
                let printed = flow.matches().paint_by(&flow.shape().plan, flow.priority(), names, &mut matched);
                p.dim(if printed { " actions=" } else { "actions=" });
                flow.actions().paint(names, &mut Pieces { inner: p, holes: &group.holes, at: 0 });
            }
            Key::Cookie(cookie) => {
                p.dim("cookie = ");
                p.text(Digits::hex_padded(cookie, 1).as_str());
            }
            Key::Port(Some(port)) => {
                p.dim("port = ");
                paint_port(port, names, p);
            }
            Key::Port(None) => p.dim("not port"),
            Key::Conjunction(Some(id)) => {
                p.dim("conjunction ");
                p.link(Target::Conjunction(id), Role::Text, &id.to_string());
            }
            Key::Conjunction(None) => p.dim("no conjunction"),
            Key::SecurityGroup(Some(list)) => {
                let owners = scope.owners.and_then(|table| table.lists().get(list as usize));
                for (n, owner) in super::groups_of(owners.map_or(&[][..], |o| o)).enumerate() {
                    p.dim(if n > 0 { ", sg = " } else { "sg = " });
                    p.text(if owner.name.is_empty() { &owner.id } else { &owner.name });
                }
            }
            Key::SecurityGroup(None) => p.dim("not sg"),
        }
    }

    /// The same as plain text.
    pub fn text(&self, group: &FoldGroup, scope: &Scope<'_>) -> String {
        let mut text = String::new();
        self.paint(group, scope, &mut text);
        text
    }
}
