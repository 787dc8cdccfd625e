//! What may stand at the cursor of a flow.

mod others;

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use self::others::bucket_actions;
use super::arguments::{self, Takes};
use super::{Around, LONGEST};
use crate::action::conntrack::Zone;
use crate::action::{self, Action, Word};
use crate::base::diag::nearest;
use crate::base::span::Span;
use crate::dump::change_file::Topic;
use crate::dump::flow_line::{Command, KEYS, Key, split_actions};
use crate::field::names::{port, quoted};
use crate::field::proto::PROTOCOLS;
use crate::field::subfield::by_own_name;
use crate::field::table::{Dump, Format};
use crate::field::{FieldId, format};
use crate::model::flow::Flags;
use crate::model::naming::Carries;
use crate::model::store::FlowRef;
use crate::query::{self, Completion, ITEMS, Item, ItemKind, Scope};

/// Flows that are looked at for cookies, priorities and the like.
const SAMPLE: usize = 4096;

/// What may stand at `cursor`, an offset into the text in bytes.
pub fn complete(text: &str, cursor: usize, around: &Around<'_>) -> Completion {
    let cursor = text.floor_char_boundary(cursor.min(text.len()).min(LONGEST));
    let head = &text[..cursor];
    let mut offers = Offers { around, start: cursor, typed: "", items: Vec::new(), hint: String::new() };
    match Topic::of(head) {
        (Topic::Group, at) => offers.group(&head[at..]),
        (Topic::Meter(command), at) => offers.meter(head, at, command),
        (_, at) => match split_actions(&head[at..]) {
            (_, Some(list)) => offers.actions(list),
            (head, None) => offers.head(head),
        },
    }
    offers.finish(text, cursor)
}

/// The action that the cursor stands in, so that its grammar can be shown.
pub fn grammar(text: &str, cursor: usize) -> Option<&'static Word> {
    let head = &text[..text.floor_char_boundary(cursor.min(text.len()).min(LONGEST))];
    let list = match Topic::of(head) {
        (Topic::Group, _) => bucket_actions(head.rsplit_once("bucket=")?.1),
        _ => split_actions(head).1?,
    };
    let nest = Nest::of(list);
    let item = nest.item.split([':', '(', '=', '-']).next().unwrap_or("");
    let own = action::word_by_name(item).filter(|_| nest.takes_actions());
    own.or_else(|| nest.around.last().and_then(|(word, _)| action::word_by_name(word)))
}

/// Where the end of a list of actions stands: the words around it, and the item that it breaks off in.
struct Nest<'a> {
    /// The words whose parentheses are open, outer ones first, each with how many commas stand in them.
    around: Vec<(&'a str, usize)>,
    /// The text of the last item so far.
    item: &'a str,
}

impl<'a> Nest<'a> {
    fn of(list: &'a str) -> Nest<'a> {
        let mut around: Vec<(&str, usize)> = Vec::new();
        let mut from = 0;
        for (at, c) in list.char_indices() {
            match c {
                '(' => {
                    let word = list[from..at].rsplit([':', '=']).next().unwrap_or("");
                    around.push((word, 0));
                    from = at + 1;
                }
                ')' => {
                    // What follows `)->` belongs to the word in front of the parenthesis.
                    let (word, _) = around.pop().unwrap_or(("", 0));
                    from = match list[at + 1..].starts_with("->") {
                        true => Span::of(list, word).start as usize,
                        false => at + 1,
                    };
                }
                ',' | ' ' | '\t' => {
                    if let Some((_, commas)) = around.last_mut() {
                        *commas += usize::from(c == ',');
                    }
                    from = at + 1;
                }
                _ => {}
            }
        }
        Nest { around, item: &list[from..] }
    }

    /// Whether actions stand here.
    fn takes_actions(&self) -> bool {
        let row = self.around.last().map(|(word, _)| arguments::of(word));
        row.is_none_or(|row| row.is_some_and(|row| row.places == [Takes::Actions]))
    }
}

struct Offer {
    is_inside: bool,
    rank: u8,
    item: Item,
}

struct Offers<'a> {
    around: &'a Around<'a>,
    /// Where the word begins that is completed.
    start: usize,
    /// What was typed of it.
    typed: &'a str,
    items: Vec<Offer>,
    hint: String,
}

impl<'a> Offers<'a> {
    /// The word at the end of `head` begins where `part` begins.
    fn begin(&mut self, part: &'a str) {
        self.start -= part.len();
        self.typed = part;
    }

    fn add(&mut self, rank: u8, insert: impl Into<String>, kind: ItemKind, doc: impl Into<Cow<'static, str>>) {
        let (insert, doc) = (insert.into(), doc.into());
        let (plain, typed) = (insert.trim_start_matches('"'), self.typed.trim_start_matches('"'));
        let begins = plain.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed));
        let holds = || typed.len() > 1 && plain.to_ascii_lowercase().contains(&typed.to_ascii_lowercase());
        if begins || holds() {
            self.items.push(Offer { is_inside: !begins, rank, item: Item { insert, kind, doc } });
        }
    }

    /// The words in front of the actions.
    fn head(&mut self, head: &'a str) {
        let is_separator = |c: char| matches!(c, ',' | ' ' | '\t' | '\r' | '\n');
        let from = head.rfind(is_separator).map_or(0, |at| at + 1);
        let word = &head[from..];
        if let Some((name, value)) = word.split_once('=') {
            self.begin(value);
            return self.values_of(name);
        }
        self.begin(word);
        let (first, rest) = head.split_once(is_separator).unwrap_or(("", head));
        let named = Command::NAMES.iter().find(|(_, name)| !first.is_empty() && name.starts_with(first));
        let command = named.map_or(Command::Add, |(command, _)| *command);
        let is_first = head[..from].trim().is_empty();
        self.hint = "a field, a protocol, or actions=".to_owned();
        if is_first {
            for (command, name) in Command::NAMES {
                self.add(6, format!("{name} "), ItemKind::Grammar, of_command(command));
            }
            self.add(6, "group ", ItemKind::Grammar, "a group: one name for several ways out");
            self.add(6, "meter ", ItemKind::Grammar, "a meter: how much of a kind of packet may pass");
        }
        if command.has_actions() && (!rest.trim().is_empty() || !is_first) {
            self.add(1, "actions=", ItemKind::Grammar, "what is done with the packets");
        }
        for (name, key) in KEYS.iter().filter(|(name, key)| *name != "table_id" && key.belongs_to(command)) {
            if let Some(doc) = of_key(*key) {
                let rank = if matches!(key, Key::Table | Key::Priority) { 0 } else { 3 };
                self.add(rank, format!("{name}="), ItemKind::Word, doc);
            }
        }
        self.protocols();
        self.fields();
        if command.has_actions() {
            for (_, name) in Flags::NAMES.iter().take(5) {
                self.add(5, *name, ItemKind::State, "a flag of the flow");
            }
        }
    }

    fn protocols(&mut self) {
        for protocol in &PROTOCOLS {
            self.add(2, protocol.name, ItemKind::Protocol, protocol.doc);
        }
    }

    /// The match fields; those that flows of this bridge match come first.
    fn fields(&mut self) {
        let used = query::used(self.around.bridge);
        for field in &used {
            let name = FieldId::by_name(field.dump_name).map_or(field.name, |_| field.dump_name);
            let own = by_own_name(name).map_or(field.name, |_| name);
            self.add(1, format!("{own}="), ItemKind::Field, of_field(*field));
        }
        for field in FieldId::all() {
            let rank = if field.dump == Dump::Never { 5 } else { 4 };
            for name in std::iter::once(field.name).chain(field.aliases.iter().copied()) {
                self.add(rank, format!("{name}="), ItemKind::Field, of_field(field));
            }
        }
    }

    /// What may stand behind `name=`.
    fn values_of(&mut self, name: &str) {
        let key = KEYS.iter().find(|(word, _)| *word == name).map(|(_, key)| *key);
        self.hint = key.and_then(of_key).map_or(String::new(), |doc| format!("{name}: {doc}"));
        match key {
            Some(Key::Table) => self.tables(),
            Some(Key::OutPort) => self.ports(),
            Some(Key::OutGroup) => self.groups(),
            Some(Key::Priority) => {
                let flows = self.sample().map(FlowRef::priority);
                self.numbers(flows.collect(), |n| n.to_string(), "flows have it");
            }
            Some(Key::Cookie) => {
                let flows = self.sample().map(FlowRef::cookie);
                self.numbers(flows.collect(), |n| format!("{n:#x}"), "flows have it");
            }
            Some(_) => {}
            None => match by_own_name(name) {
                Some(field) => self.values(field),
                None => self.hint = format!("there is no field {name}"),
            },
        }
    }

    /// The values of a field.
    fn values(&mut self, field: FieldId) {
        self.hint = format!("{}: {}", field.name, field.format.doc());
        if field.format == Format::Port {
            return self.ports();
        }
        let scope = Scope::new(self.around.bridge, self.around.naming);
        for item in query::seen(field, self.typed, &scope) {
            let means = self.means(field, &item.insert);
            self.items.push(Offer {
                is_inside: !item.insert.starts_with(self.typed),
                rank: 0,
                item: Item { doc: if means.is_empty() { item.doc } else { means.into() }, ..item },
            });
        }
    }

    /// What a value of a field names on this node.
    fn means(&self, field: FieldId, value: &str) -> String {
        let names = self.around.names;
        let word = |word: Option<String>| word.unwrap_or_default();
        let Ok(parsed) = format::parse(&field, value, &self.around.bridge.names) else { return String::new() };
        let number = parsed.value.to_u64();
        match field.format {
            Format::Ethernet => word(names.owner_of_mac(number).map(ToString::to_string)),
            Format::Ipv4 | Format::Ipv6 => {
                let address = value.parse().ok().and_then(|ip| names.owner_of_address(ip));
                word(address.map(ToString::to_string))
            }
            _ => {
                let carries = self.around.naming.register(field, 0, field.bits.min(32)).map(|r| r.carries);
                let is_vlan = field.name == "dl_vlan" || carries == Some(Carries::LocalVlan);
                match carries {
                    _ if is_vlan => {
                        word(names.network_of_vlan(number as u16).map(|n| format!("network {}", n.label())))
                    }
                    Some(Carries::Port) => self.port_words(number as u32),
                    Some(Carries::Zone) => word(names.zone(number as u16).map(ToString::to_string)),
                    _ => String::new(),
                }
            }
        }
    }

    fn port_words(&self, number: u32) -> String {
        let name = self.around.bridge.port(number).map_or("", |p| &*p.name);
        let title = self.around.port_title(number);
        format!("port {number} {name} {title}").trim_end().replace("  ", " ")
    }

    fn sample(&self) -> impl Iterator<Item = FlowRef<'a>> + use<'a> {
        let bridge = self.around.bridge;
        let len = bridge.flows.len();
        (0..len).step_by(len.div_ceil(SAMPLE).max(1)).map(|id| bridge.flow(id as u32))
    }

    /// Numbers by how often they are met.
    fn numbers<N: Copy + Eq + Ord + std::hash::Hash>(
        &mut self,
        met: Vec<N>,
        text: impl Fn(N) -> String,
        doc: &'static str,
    ) {
        let mut counts: FxHashMap<N, usize> = FxHashMap::default();
        met.into_iter().for_each(|n| *counts.entry(n).or_default() += 1);
        let mut counts: Vec<(N, usize)> = counts.into_iter().collect();
        counts.sort_unstable_by_key(|(n, count)| (std::cmp::Reverse(*count), *n));
        for (n, count) in counts.into_iter().take(ITEMS) {
            self.add(0, text(n), ItemKind::Value, format!("{count} {doc}"));
        }
    }

    fn tables(&mut self) {
        let here = self.around.bridge.tables();
        for table in here {
            let name = self.around.table_name(table.id);
            let flows = table.flows.len();
            let doc = format!("{name}, {flows} {}", if flows == 1 { "flow" } else { "flows" });
            self.table(0, table.id, &name, doc.trim_start_matches(", ").to_owned());
        }
        let empty: Vec<(u8, String)> = self.around.naming.tables.iter().map(|t| (t.id, t.name.to_string())).collect();
        for (id, name) in empty.into_iter().filter(|(id, _)| here.iter().all(|t| t.id != *id)) {
            let doc = format!("{name}, no flows");
            self.table(1, id, &name, doc);
        }
    }

    /// A table by its number, found by its name as well.
    fn table(&mut self, rank: u8, id: u8, name: &str, doc: String) {
        let typed = self.typed;
        let before = self.items.len();
        self.add(rank, id.to_string(), ItemKind::Value, doc.clone());
        if self.items.len() == before && !typed.is_empty() {
            self.add(rank, name, ItemKind::Value, doc);
            self.items[before..].iter_mut().for_each(|o| o.item.insert = id.to_string());
        }
    }

    fn ports(&mut self) {
        let bridge = self.around.bridge;
        let mut bearers: FxHashMap<&str, usize> = FxHashMap::default();
        bridge.ports.iter().for_each(|p| *bearers.entry(&p.name).or_default() += 1);
        for port in &bridge.ports {
            let title = self.around.port_title(port.number);
            // A name that several ports bear leads to none of them.
            let is_alone = bearers.get(&*port.name) == Some(&1) && bridge.names.port_number(&port.name).is_some();
            if is_alone {
                let doc = format!("port {} {title}", port.number);
                self.add(0, written(&port.name), ItemKind::Value, doc.trim_end().to_owned());
            }
            if port.number < port::MAX {
                self.add(2, port.number.to_string(), ItemKind::Value, format!("{} {title}", port.name));
            }
        }
        for (number, name) in port::RESERVED.iter().filter(|(n, _)| (port::IN_PORT..port::NONE).contains(n)) {
            if *number != port::TABLE {
                self.add(1, *name, ItemKind::Value, of_reserved(*number));
            }
        }
    }

    fn groups(&mut self) {
        for group in &self.around.bridge.groups {
            self.add(0, group.id.to_string(), ItemKind::Value, format!("{} buckets", group.buckets.len()));
        }
    }

    /// A list of actions that ends at the cursor.
    fn actions(&mut self, list: &'a str) {
        let nest = Nest::of(list);
        if nest.takes_actions() {
            return self.action(nest.item, nest.around.last().map(|(word, _)| *word));
        }
        let Some((word, commas)) = nest.around.last() else { return };
        let form = action::word_by_name(word).map_or("", |w| w.form);
        self.hint = form.to_owned();
        let Some(row) = arguments::of(word) else { return self.begin(nest.item) };
        if let Some((key, value)) = nest.item.split_once(['=', ':']) {
            self.begin(value);
            let found = row.keys.iter().find(|(k, ..)| k.trim_end_matches(['=', ':']) == key);
            return match found {
                Some((_, takes, _)) => self.argument(*takes),
                None if row.action == "learn" => by_own_name(key).into_iter().for_each(|field| self.values(field)),
                None => {}
            };
        }
        self.begin(nest.item);
        for (key, _, doc) in row.keys {
            self.add(0, *key, ItemKind::Word, *doc);
        }
        if row.action == "learn" {
            self.fields();
        }
        if let Some(takes) = row.places.get(*commas).or(row.places.last()) {
            self.argument(*takes);
        }
    }

    /// One action, as far as it was typed.
    fn action(&mut self, item: &'a str, around: Option<&str>) {
        if let Some((before, after)) = item.split_once("->") {
            let name = before.split([':', '(']).next().unwrap_or("");
            self.hint = action::word_by_name(name).map_or(String::new(), |w| w.form.to_owned());
            self.begin(after);
            return self.argument(arguments::of(name).map_or(Takes::Free, |row| row.arrow));
        }
        if let Some((name, argument)) = item.split_once([':', '=']) {
            self.hint = action::word_by_name(name).map_or(String::new(), |w| w.form.to_owned());
            self.begin(argument);
            return self.argument(arguments::of(name).map_or(Takes::Free, |row| row.colon));
        }
        self.begin(item);
        self.hint = "an action, or a port alone".to_owned();
        let is_tracked = around == Some("exec");
        if is_tracked {
            for text in ["set_field:", "load:", "move:"] {
                self.add(0, text, ItemKind::Word, "writes ct_mark or ct_label");
            }
            return;
        }
        let common = ["output", "resubmit", "ct", "goto_table", "group", "set_field", "load", "move", "learn"];
        for word in action::words().filter(|w| w.name != "nat") {
            let rank = if common.contains(&word.name) { 0 } else { 1 };
            self.add(rank, opening(word), ItemKind::Word, format!("{}: {}", word.doc, word.form));
        }
        if around.is_none() {
            self.add(1, "drop", ItemKind::Word, "nothing is done: the packet ends here");
        }
        for (number, name) in [(port::NORMAL, "NORMAL"), (port::LOCAL, "LOCAL"), (port::IN_PORT, "IN_PORT")] {
            self.add(2, name, ItemKind::Value, of_reserved(number));
        }
    }

    /// What may be an argument.
    fn argument(&mut self, takes: Takes) {
        match takes {
            Takes::Free | Takes::Nothing => {}
            Takes::Port => self.ports(),
            Takes::Table => self.tables(),
            Takes::Group => self.groups(),
            Takes::Meter => {
                for meter in &self.around.bridge.meters {
                    self.add(0, meter.id.to_string(), ItemKind::Value, "a meter of this bridge");
                }
            }
            Takes::Conjunction => {
                let mut ids = Vec::new();
                for flow in self.sample() {
                    flow.actions().0.iter().for_each(|a| {
                        if let Action::Conjunction(a) = a {
                            ids.push(a.id);
                        }
                    });
                }
                self.numbers(ids, |n| n.to_string(), "clauses seen");
            }
            Takes::Zone => {
                let mut zones: FxHashMap<String, usize> = FxHashMap::default();
                for flow in self.sample() {
                    flow.actions().each(&mut |a| {
                        if let Action::Ct(ct) = a {
                            *zones.entry(zone_text(&ct.zone)).or_default() += 1;
                        }
                    });
                }
                let mut zones: Vec<(String, usize)> = zones.into_iter().collect();
                zones.sort_by_key(|(text, count)| (std::cmp::Reverse(*count), text.clone()));
                for (text, count) in zones.into_iter().take(ITEMS) {
                    self.add(0, text, ItemKind::Value, format!("{count} flows have it"));
                }
            }
            Takes::Bits => self.writable("[]"),
            Takes::Field => self.writable(""),
            Takes::Value(name) => {
                let hint = std::mem::take(&mut self.hint);
                if let Some(field) = FieldId::by_name(name) {
                    self.values(field);
                }
                self.hint = hint;
            }
            Takes::Words(words) => words.iter().for_each(|w| self.add(0, *w, ItemKind::Value, "")),
            Takes::Actions => {}
        }
    }

    fn writable(&mut self, bits: &str) {
        for field in FieldId::all().filter(|f| f.writable) {
            let register = self.around.naming.register(field, 0, 1).map(|r| r.name.to_string());
            let doc = register.map_or(of_field(field), |name| format!("{name}; {}", field.doc));
            let rank = if field.dump == Dump::Never { 1 } else { 0 };
            self.add(rank, format!("{}{bits}", field.name), ItemKind::Field, doc);
        }
    }

    /// The items in order; near ones where nothing fits.
    fn finish(mut self, text: &str, cursor: usize) -> Completion {
        if self.items.is_empty() && self.typed.len() > 1 {
            let typed = std::mem::take(&mut self.typed);
            self.near(typed);
            self.typed = typed;
        }
        self.items.sort_by_key(|offer| (offer.is_inside, offer.rank));
        let mut seen = rustc_hash::FxHashSet::default();
        self.items.retain(|offer| seen.insert(offer.item.insert.clone()));
        let more = self.items.len().saturating_sub(ITEMS);
        let items = self.items.into_iter().take(ITEMS).map(|offer| offer.item).collect();
        let rest = &text[cursor..];
        // What follows of the word goes as well, so that a word in the middle of a line can be completed.
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let after = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let mut items: Vec<Item> = items;
        // So does the sign behind a word, where the word brings it along.
        let sign = rest[after..].chars().next().filter(|c| matches!(c, '=' | ':' | '('));
        if let Some(sign) = sign {
            items.iter_mut().filter(|i| i.insert.ends_with(sign)).for_each(|i| _ = i.insert.pop());
        }
        let end = if self.typed.is_empty() { cursor } else { cursor + after };
        Completion { replace: Span::new(self.start, end), items, more, hint: self.hint }
    }

    /// The word nearest to a mistyped one.
    fn near(&mut self, typed: &str) {
        let fields = FieldId::names().map(|(name, _)| name);
        let words = action::words().map(|w| w.name);
        let is_action = self.hint.starts_with("an action");
        let found = if is_action { nearest(typed, words) } else { nearest(typed, fields) };
        let Some(name) = found else { return };
        let insert = match action::word_by_name(name).filter(|_| is_action) {
            Some(word) => opening(word),
            None => format!("{name}="),
        };
        self.add(0, insert, ItemKind::Word, "perhaps this is meant");
    }
}

/// How an action begins: up to what has to be typed. Where it has two spellings, the one that can say more.
fn opening(word: &Word) -> String {
    let mut forms = word.form.split(" | ");
    let first = forms.next().unwrap_or(word.name);
    let by_place = arguments::of(word.name).is_some_and(|row| row.places.len() > 2);
    let form = if by_place { forms.next().unwrap_or(first) } else { first };
    match form.find([':', '(', '[']) {
        Some(at) if form[at..].starts_with("()") => form[..at + 2].to_owned(),
        Some(at) if form[at..].starts_with('[') => form[..at].to_owned(),
        Some(at) => form[..=at].to_owned(),
        None => form.to_owned(),
    }
}

/// A port's name as the reader takes it: in quotes, if it could be taken for something else.
fn written(name: &str) -> String {
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && port::reserved_number(name).is_none();
    if is_plain { name.to_owned() } else { quoted(name).into_owned() }
}

fn zone_text(zone: &Zone) -> String {
    match zone {
        Zone::Number(n) => n.to_string(),
        Zone::Field(field) => {
            let mut text = String::new();
            field.paint(&mut text);
            text
        }
    }
}

pub(super) fn of_field(field: FieldId) -> String {
    format!("{}; {}", field.doc, field.format.doc())
}

fn of_command(command: Command) -> &'static str {
    match command {
        Command::Add => "adds a flow, or replaces the same one",
        Command::Delete => "deletes every flow that the match covers",
        Command::DeleteStrict => "deletes the one flow with this match and priority",
        Command::Modify => "gives its actions to every flow that the match covers",
        Command::ModifyStrict => "gives its actions to the one flow with this match and priority",
    }
}

fn of_key(key: Key) -> Option<&'static str> {
    Some(match key {
        Key::Table => "the table it stands in",
        Key::Priority => "the higher one wins; up to 65535",
        Key::Cookie => "a number that marks whose flow it is",
        Key::IdleTimeout => "seconds without a packet after which it goes",
        Key::HardTimeout => "seconds after which it goes",
        Key::Importance => "the lower one is evicted first when the table is full",
        Key::OutPort => "only flows that send to this port",
        Key::OutGroup => "only flows that send to this group",
        Key::Counter(_) => return None,
    })
}

fn of_reserved(number: u32) -> &'static str {
    match number {
        port::IN_PORT => "the port it came in",
        port::NORMAL => "as a learning switch does",
        port::FLOOD => "every port that floods but the one it came in",
        port::ALL => "every port but the one it came in",
        port::CONTROLLER => "the controller",
        port::LOCAL => "the bridge's own port",
        _ => "a reserved port",
    }
}
