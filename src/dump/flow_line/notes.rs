//! What is noted of typed text: it is taken as Open vSwitch takes it, and told what it became.

use super::reader::Reader;
use crate::base::args::{Item, items};
use crate::base::span::Span;
use crate::field::Match;
use crate::field::format;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::proto::{self, Needs};
use crate::field::slot::word;
use crate::field::table::{self, FieldId};

impl<'a> Reader<'a> {
    /// Notes oddities of the line as a whole.
    pub(super) fn note_layout(&mut self, head: &'a str, actions: Option<&'a str>) {
        let has_empty_item = |text: &str| {
            let text = text.trim();
            text.starts_with(',') || text.split(',').rev().skip(1).any(|part| part.trim().is_empty())
        };
        let lists = [Some(head.trim_end().trim_end_matches(',')), actions.map(str::trim_end)];
        if head.trim() == "," || lists.iter().flatten().any(|list| has_empty_item(list) || list.ends_with(',')) {
            self.cx.odd("empty-item", &head[..0], "an empty item is skipped");
        }
        if actions.is_some_and(|a| a.trim().is_empty()) {
            self.cx.odd("empty-action", &head[head.len()..], "a flow without actions drops");
        }
    }

    /// Notes that `word` says something that an earlier word has said already.
    pub(super) fn say(&mut self, what: usize, word: &'a str) {
        if let Some(earlier) = self.said[what].replace(word)
            && !std::ptr::eq(earlier, word)
            && self.is_typed()
            && !(what < 2 && proto::protocol_by_name(word).is_some() && earlier == word)
        {
            self.cx.bent("said-twice", word, format!("`{word}` replaces what `{earlier}` said"));
        }
    }

    pub(super) fn note_odd_value(&mut self, item: &Item<'a>, field: FieldId) {
        if field.headers.first().is_some_and(|h| h.since == "3.7")
            || field.slot.word >= word::REG + 16 && field.slot.word < word::REG + 32
        {
            self.cx.odd("recent", item.name, format!("{} needs Open vSwitch 3.7", field.name));
        }
        if !field.maskable && item.value.contains('/') {
            self.cx.odd("useless-mask", item.value, format!("{} is always matched whole", field.name));
        }
        if field.format == table::Format::Port && item.value.parse().is_ok_and(|n: u32| (0xff00..0xfff7).contains(&n)) {
            self.cx.bent(
                "reserved-port",
                item.value,
                "from OpenFlow 1.1 on this port has another number, 4294901760 higher",
            );
        }
        if field.quirk == table::Quirk::VlanPriority && !self.out.flow.matches.has(proto::VLAN_VID) {
            self.cx.odd("implied-tag", item.name, format!("{} matches tagged packets only, of any VLAN", item.name));
        }
    }

    pub(super) fn bent_value(&mut self, item: &Item<'a>, field: FieldId, parsed: &format::Parsed, why: &str) {
        let mut becomes = Match::any();
        becomes.set(&field, &parsed.value, &parsed.mask);
        let mut text = String::new();
        becomes.paint(DEFAULT_PRIORITY, self.cx.names, &mut text);
        let became = if text.is_empty() { "it matches anything".to_owned() } else { format!("it becomes {text}") };
        self.cx.bent("bent-value", item.value, format!("{why}: {became}"));
    }

    /// Notes a field that is given twice: the later value counts.
    pub(super) fn note_repeat(&mut self, item: &Item<'a>, field: FieldId) {
        if !self.is_typed() {
            return;
        }
        match field {
            table::ETH_TYPE => self.say(0, item.name),
            table::NW_PROTO => self.say(1, item.name),
            table::DL_VLAN | table::VLAN_TCI | table::VLAN_VID => self.say(2, item.name),
            _ => {}
        }
        let overlaps = |other: &FieldId| {
            other.slot.words().any(|(id, part)| field.slot.words().any(|(w, p)| w == id && part & p != 0))
        };
        let vlan = |f: FieldId| f.slot.word == word::VLAN;
        if let Some((_, earlier)) = self.seen.iter().find(|(f, _)| overlaps(f) && !(vlan(field) && vlan(*f))) {
            let message = format!("`{}` replaces what `{earlier}` said", item.name);
            self.cx.bent("said-twice", item.name, message);
        }
    }

    /// Notes a key that is given twice.
    pub(super) fn once(&mut self, item: &Item<'a>) {
        let before = &self.cx.line[..Span::of(self.cx.line, item.name).start as usize];
        if self.is_typed() && items(before).any(|i| i.name == item.name) {
            self.cx.bent("said-twice", item.name, format!("the last {} counts", item.name));
        }
    }

    /// Notes fields of another protocol than the one that is matched: they share a slot, so they match what it has there.
    pub(super) fn note_other_protocols(&mut self) {
        let matches = self.out.flow.matches.clone();
        for (field, word) in self.seen.clone() {
            let generic = field.aliases.contains(&word)
                || matches!(field.id, table::ICMP_TYPE | table::ICMP_CODE) && matches.meets(Needs::Icmpv6);
            let owner = FieldId::all().find(|f| f.slot == field.slot && matches.meets(f.needs));
            if let Some(owner) = owner.filter(|_| !generic && matches.has(field.slot) && !matches.meets(field.needs)) {
                self.cx.bent("other-protocol", word, format!("`{word}` matches {} here", owner.name));
            }
            let needed_later = |word: &str| {
                items(&self.cx.line[Span::of(self.cx.line, word).end as usize..])
                    .any(|i| proto::protocol_by_name(i.name).is_some())
            };
            if matches.meets(field.needs)
                && field.needs != Needs::Ethernet
                && field.needs != Needs::None
                && needed_later(word)
            {
                self.cx.odd("order", word, format!("ofproto/trace takes {word} only after the word that it needs"));
            }
        }
    }
}
