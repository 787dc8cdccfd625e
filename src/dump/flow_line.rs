//! One line that describes a flow: typed by a person, or printed by a switch.
//!
//! ovs-ofctl(8) "Flow Syntax"; `parse_ofp_str__` in lib/ofp-flow.c of Open vSwitch for what is taken. The same grammar
//! reads both; [`Mode`] says how strictly. Typed text is refused at its first mistake, with a caret. Printed text is
//! never refused: what nobody knows is kept and noted.
//!
//! Open vSwitch takes some lines without a word and makes something else of them. These are read the same way, and
//! each gets a warning that says what it became.

use nom::Parser;
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, opt};
use nom::sequence::{preceded, terminated};

use crate::action::{self, Cx, Mode, Outer};
use crate::base::args::{Item, Separator, items};
use crate::base::diag::{Diagnostic, nearest};
use crate::base::span::Span;
use crate::field::bits::Bits;
use crate::field::format;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::proto::{self, DL_TYPE, NW_PROTO, Needs};
use crate::field::slot::word;
use crate::field::subfield::{Subfield, by_own_name};
use crate::field::table::{self, FieldId};
use crate::field::{Formats, Match, Names};
use crate::model::flow::{Flags, Flow};

/// What a line of a flow file asks for (ovs-ofctl(8) "Flow Table Commands").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Command {
    /// Adds the flow, or replaces the one with the same table, priority and match.
    #[default]
    Add,
    /// Changes the actions of every flow the match covers.
    Modify,
    /// Changes the actions of the one flow with this match and priority.
    ModifyStrict,
    /// Deletes every flow the match covers.
    Delete,
    /// Deletes the one flow with this match and priority.
    DeleteStrict,
}

impl Command {
    /// The commands with their words. Open vSwitch takes any beginning of a word, and tries them in this order.
    pub const NAMES: [(Command, &'static str); 5] = [
        (Command::Add, "add"),
        (Command::Delete, "delete"),
        (Command::DeleteStrict, "delete_strict"),
        (Command::Modify, "modify"),
        (Command::ModifyStrict, "modify_strict"),
    ];

    /// Whether the line has actions.
    pub fn has_actions(self) -> bool {
        !matches!(self, Command::Delete | Command::DeleteStrict)
    }

    fn has_priority(self) -> bool {
        self != Command::Delete
    }

    fn sets_limits(self) -> bool {
        self.has_actions()
    }
}

/// A flow with what a line may say beyond it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowMod {
    /// What to do with it.
    pub command: Command,
    /// The flow. Its table is 0 if the line names none.
    pub flow: Flow,
    /// The table that the line names; none means table 0 for adding and every table otherwise.
    pub table: Option<u8>,
    /// Which bits of the cookie select flows.
    pub cookie_mask: u64,
    /// Only flows that send packets to this port.
    pub out_port: Option<u32>,
    /// Only flows that send packets to this group.
    pub out_group: Option<u32>,
}

/// A line as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The flow.
    pub flow_mod: FlowMod,
    /// What was bent, or kept although nobody knows it.
    pub found: Vec<Diagnostic>,
    /// The formats that can carry the match and the words of the actions.
    pub formats: Formats,
}

/// Reads one line. A leading `add`, `modify`, .. is taken if `commands` says so, as in a flow file.
pub fn parse(line: &str, names: &Names, mode: Mode, commands: bool) -> Result<Reading, Diagnostic> {
    let (command, rest) = if commands { command(line) } else { (Command::Add, line) };
    let mut reader = Reader {
        cx: Cx::new(line, names, mode),
        out: FlowMod { command, ..FlowMod::default() },
        seen: Vec::new(),
        said: [None; 3],
    };
    let (head, actions) = split_actions(rest);
    if command.has_actions() && actions.is_none() {
        let at = &rest[rest.trim_end().len()..];
        let d =
            reader.cx.error("missing-actions", at, "the actions are missing").hint("add actions=.., or actions=drop");
        reader.refuse(d)?;
    }
    if mode == Mode::Typed {
        reader.note_layout(head, actions);
    }
    for item in items(head) {
        if let Err(d) = reader.item(&item) {
            reader.keep(&item, d)?;
        } else if item.open && mode == Mode::Typed {
            reader.cx.bent("open-parenthesis", item.name, "a parenthesis is never closed");
        }
    }
    reader.finish_match();
    if let Some(text) = actions.filter(|_| command.has_actions()) {
        reader.actions(text)?;
    }
    Ok(Reading { flow_mod: reader.out, found: reader.cx.found, formats: reader.cx.formats & reader.cx.action_formats })
}

/// Splits off the command word of a line.
fn command(line: &str) -> (Command, &str) {
    let text = line.trim_start_matches([' ', '\t', '\r', '\n']);
    let end = text.find([',', ' ', '\t', '\r', '\n']).unwrap_or(text.len());
    let first = &text[..end];
    let found = Command::NAMES.iter().find(|(_, name)| !first.is_empty() && name.starts_with(first));
    found.map_or((Command::Add, line), |(command, _)| (*command, &text[end..]))
}

/// Splits a line at its actions: what stands before `actions=`, and what follows it. A name in quotes is not searched.
pub fn split_actions(line: &str) -> (&str, Option<&str>) {
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(&line.as_bytes()[from..], b"action") {
        let at = from + found;
        let after = &line[at + 6..];
        let value = after.strip_prefix("s=").or_else(|| after.strip_prefix('='));
        let starts_a_word = line[..at].ends_with([' ', ',', '\t']) || at == 0;
        let in_quotes = memchr::memchr_iter(b'"', &line.as_bytes()[..at]).count() % 2 == 1;
        if let Some(value) = value.filter(|_| starts_a_word && !in_quotes) {
            return (&line[..at], Some(value));
        }
        from = at + 6;
    }
    (line, None)
}

/// A number's worth of a line that says the Ethernet type, the IP protocol or the VLAN, so that a second one that
/// says otherwise can be noted.
const N_SAID: usize = 3;

struct Reader<'a> {
    cx: Cx<'a>,
    out: FlowMod,
    /// The fields of the match with the words that named them.
    seen: Vec<(FieldId, &'a str)>,
    /// What already said the Ethernet type, the IP protocol and the VLAN tag.
    said: [Option<&'a str>; N_SAID],
}

impl<'a> Reader<'a> {
    fn is_typed(&self) -> bool {
        self.cx.mode == Mode::Typed
    }

    /// Refuses typed text; of printed text, notes the complaint.
    fn refuse(&mut self, d: Diagnostic) -> Result<(), Diagnostic> {
        if self.is_typed() {
            return Err(d);
        }
        self.cx.found.push(d);
        Ok(())
    }

    /// Keeps an item of printed text that was not understood.
    fn keep(&mut self, item: &Item<'a>, d: Diagnostic) -> Result<(), Diagnostic> {
        let start = Span::of(self.cx.line, item.name).start as usize;
        let end = Span::of(self.cx.line, item.value).end as usize;
        let end = if item.separator == Separator::None { start + item.name.len() } else { end };
        self.refuse(d)?;
        self.out.flow.residue.push(self.cx.line[start..end].into());
        Ok(())
    }

    /// Notes oddities of the line as a whole.
    fn note_layout(&mut self, head: &'a str, actions: Option<&'a str>) {
        let has_empty_item = |text: &str| {
            let text = text.trim();
            text.starts_with(',') || text.split(',').rev().skip(1).any(|part| part.trim().is_empty())
        };
        let lists = [Some(head.trim_end().trim_end_matches(',')), actions.map(|a| a.trim_end())];
        if head.trim() == "," || lists.iter().flatten().any(|list| has_empty_item(list) || list.ends_with(',')) {
            self.cx.odd("empty-item", &head[..0], "an empty item is skipped");
        }
        if actions.is_some_and(|a| a.trim().is_empty()) {
            self.cx.odd("empty-action", &head[head.len()..], "a flow without actions drops");
        }
    }

    fn item(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        let command = self.out.command;
        if let Some(protocol) = proto::protocol_by_name(item.name) {
            return self.protocol(item, protocol);
        }
        if item.name == "eth" {
            self.out.flow.matches.clear(&table::PACKET_TYPE);
            return Ok(());
        }
        if let Some(flag) = Flags::by_name(item.name).filter(|_| command.sets_limits()) {
            return self.flag(item, flag);
        }
        let field = match self.cx.mode {
            Mode::Typed => by_own_name(item.name),
            Mode::Dumped => FieldId::by_name(item.name),
        };
        match field {
            Some(field) => self.field(item, field),
            None if item.name.contains('[') => self.subfield(item),
            None => self.key(item),
        }
    }

    fn protocol(&mut self, item: &Item<'a>, protocol: &proto::Protocol) -> Result<(), Diagnostic> {
        let matches = &mut self.out.flow.matches;
        matches.set_exact(DL_TYPE, protocol.dl_type.into());
        self.say(0, item.name);
        if protocol.nw_proto != 0 {
            self.out.flow.matches.set_exact(NW_PROTO, protocol.nw_proto.into());
            self.say(1, item.name);
        }
        Ok(())
    }

    /// Notes that `word` says something that an earlier word has said already.
    fn say(&mut self, what: usize, word: &'a str) {
        if let Some(earlier) = self.said[what].replace(word)
            && !std::ptr::eq(earlier, word)
            && self.is_typed()
            && !(what < 2 && proto::protocol_by_name(word).is_some() && earlier == word)
        {
            self.cx.bent("said-twice", word, format!("`{word}` replaces what `{earlier}` said"));
        }
    }

    fn flag(&mut self, item: &Item<'a>, flag: Flags) -> Result<(), Diagnostic> {
        if flag == Flags::ALLOW_HIDDEN_FIELDS || flag == Flags::NO_READONLY_TABLE {
            // Open vSwitch reads these words and forgets them; only its own dumps print them.
            if !self.is_typed() {
                self.out.flow.flags = self.out.flow.flags.with(flag);
            }
            return Ok(());
        }
        if !item.value.is_empty() && self.is_typed() {
            self.cx.bent("ignored-argument", item.value, format!("{} takes no value, it is ignored", item.name));
        }
        self.out.flow.flags = self.out.flow.flags.with(flag);
        match flag {
            Flags::RESET_COUNTS => self.cx.formats &= Formats::OF12_UP,
            Flags::NO_PACKET_COUNTS | Flags::NO_BYTE_COUNTS => self.cx.formats &= Formats::OF13_UP,
            _ => {}
        }
        Ok(())
    }

    fn field(&mut self, item: &Item<'a>, field: FieldId) -> Result<(), Diagnostic> {
        if self.is_typed() && field.is_tun_metadata() && item.value == "NP" {
            return Err(self.cx.error("bad-value", item.value, "`NP` is printed, but not taken"));
        }
        if !self.is_typed() && field.is_tun_metadata() && item.value == "NP" {
            self.out.flow.matches.set_word(field.slot.word - 1, 1, 0, 1);
            return Ok(());
        }
        let parsed = self.value(item, field)?;
        if let Some(why) = parsed.bent {
            self.bent_value(item, field, &parsed, why);
        }
        if field.id == table::PACKET_TYPE && parsed.value.to_u64() >> 16 > 1 {
            let d = self.cx.error("bad-value", item.value, "packet types are in name space 0 or 1");
            self.refuse(d.hint("(0,0) is Ethernet, (1,0x800) is IPv4"))?;
        }
        self.check_wire_value(item, field, &parsed)?;
        self.note_repeat(item, field);
        if self.is_typed() {
            self.note_odd_value(item, field);
        }
        self.cx.formats &= Formats::of(&field, &parsed.mask);
        self.out.flow.matches.set(&field, &parsed.value, &parsed.mask);
        self.seen.push((field, item.name));
        Ok(())
    }

    fn note_odd_value(&mut self, item: &Item<'a>, field: FieldId) {
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

    fn value(&mut self, item: &Item<'a>, field: FieldId) -> Result<format::Parsed, Diagnostic> {
        if item.value.is_empty() && self.is_typed() && item.separator != Separator::None {
            // Taken as "any value", which is rarely what an empty value was meant to say.
            let parsed = format::parse(&field, item.value, self.cx.names).map_err(|e| self.value_error(item, e))?;
            self.cx.bent("missing-value", item.name, format!("`{}` without a value matches anything", item.name));
            return Ok(parsed);
        }
        let text = item.value;
        if !self.is_typed() && field.format == table::Format::Decimal && field.dump == table::Dump::BareHex {
            // Open vSwitch prints this field in hexadecimal, without saying so.
            let n = u64::from_str_radix(text, 16)
                .map_err(|_| self.cx.error("bad-value", text, format!("`{text}` is no number")))?;
            let width = usize::from(field.bytes) * 8;
            return Ok(format::Parsed { value: Bits::from_u64(n, width), mask: Bits::ones(width), bent: None });
        }
        format::parse(&field, text, self.cx.names).map_err(|e| self.value_error(item, e))
    }

    fn value_error(&self, item: &Item<'a>, e: format::ValueError) -> Diagnostic {
        let part = if item.value.is_empty() { item.name } else { item.value };
        let mut d = self.cx.value_error(part, e);
        if item.value.is_empty() {
            d.span = self.cx.span(part);
        }
        d
    }

    /// Values that `ovs-ofctl` sends as they are and the switch then refuses.
    fn check_wire_value(&mut self, item: &Item<'a>, field: FieldId, parsed: &format::Parsed) -> Result<(), Diagnostic> {
        if field.name == "ipv6_label" && parsed.value.bit_length() > 20 {
            let d = self.cx.error("too-large", item.value, "ipv6_label has 20 bits, the highest value is 0xfffff");
            return self.refuse(d.hint("use a smaller number"));
        }
        Ok(())
    }

    fn bent_value(&mut self, item: &Item<'a>, field: FieldId, parsed: &format::Parsed, why: &str) {
        let mut becomes = Match::any();
        becomes.set(&field, &parsed.value, &parsed.mask);
        let mut text = String::new();
        becomes.paint(DEFAULT_PRIORITY, self.cx.names, &mut text);
        let became = if text.is_empty() { "it matches anything".to_owned() } else { format!("it becomes {text}") };
        self.cx.bent("bent-value", item.value, format!("{why}: {became}"));
    }

    /// Notes a field that is given twice: the later value counts.
    fn note_repeat(&mut self, item: &Item<'a>, field: FieldId) {
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

    /// `reg31[0..15]=5`: bits of a field, added to those that are matched already.
    fn subfield(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        let bits = self.cx.subfield(item.name)?;
        let width = usize::from(bits.field.bytes) * 8;
        let (offset, n) = (usize::from(bits.offset), usize::from(bits.width));
        let value = format::integer(item.value, width).map_err(|_| {
            self.cx.error("bad-value", item.value, format!("`{}` is no number", item.value)).hint("bits take a number")
        })?;
        if value.bit_length() > n {
            let message = format!("{} does not fit into {n} bits", value.hex());
            return Err(self.cx.error("too-large", item.value, message).hint("name more bits"));
        }
        let (old_value, old_mask) = self.whole_value(bits);
        let (mut whole, mut mask) = (old_value, old_mask);
        whole.insert(offset, n, &value);
        mask.fill(offset, n);
        self.cx.formats &= Formats::of(&bits.field, &mask);
        self.out.flow.matches.set(&bits.field, &whole, &mask);
        Ok(())
    }

    /// A field's value and mask so far, as wide as the field.
    fn whole_value(&self, bits: Subfield) -> (Bits, Bits) {
        let width = usize::from(bits.field.bytes) * 8;
        let (value, mask) = self.out.flow.matches.get(&bits.field);
        (value.slice(0, width), mask.slice(0, width))
    }

    fn key(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        let command = self.out.command;
        if !KEYS.contains(&item.name) {
            return Err(unknown_field(item.name, &self.cx));
        }
        if item.value.is_empty() {
            let d = self.cx.error("missing-value", item.name, format!("{} needs a value", item.name));
            return Err(d.hint(format!("as {}=1", item.name)));
        }
        let v = item.value;
        match item.name {
            "table" | "table_id" => self.table(item),
            "cookie" => self.cookie(item),
            "priority" if command.has_priority() => {
                let max = if self.is_typed() { u64::from(u16::MAX) } else { u32::MAX.into() };
                self.once(item);
                self.out.flow.priority = self.cx.number("priority", v, max)? as u32;
                Ok(())
            }
            "idle_timeout" if command.sets_limits() => self.limit(item, |f| &mut f.idle_timeout),
            "hard_timeout" if command.sets_limits() => self.limit(item, |f| &mut f.hard_timeout),
            "importance" if command == Command::Add => self.limit(item, |f| &mut f.importance),
            "out_port" if !command.has_actions() => {
                self.out.out_port = Some(self.cx.port(v)?);
                Ok(())
            }
            "out_group" if !command.has_actions() => {
                self.cx.formats &= Formats::OF11_UP;
                self.out.out_group = Some(self.cx.number("the group", v, u32::MAX.into())? as u32);
                Ok(())
            }
            "duration" | "n_packets" | "n_bytes" | "idle_age" | "hard_age" | "n_offload_packets"
            | "n_offload_bytes" => self.counter(item),
            _ => Err(unknown_field(item.name, &self.cx)),
        }
    }

    /// Notes a key that is given twice.
    fn once(&mut self, item: &Item<'a>) {
        let before = &self.cx.line[..Span::of(self.cx.line, item.name).start as usize];
        if self.is_typed() && items(before).any(|i| i.name == item.name) {
            self.cx.bent("said-twice", item.name, format!("the last {} counts", item.name));
        }
    }

    fn limit(&mut self, item: &Item<'a>, place: impl Fn(&mut Flow) -> &mut u16) -> Result<(), Diagnostic> {
        *place(&mut self.out.flow) = self.cx.number(item.name, item.value, u16::MAX.into())? as u16;
        Ok(())
    }

    fn table(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        let table = self.cx.table(item.value)?;
        self.once(item);
        if table == 255 && self.is_typed() {
            let became = if self.out.command == Command::Add { "table 0" } else { "every table" };
            self.cx.bent("bent-value", item.value, format!("table 255 means {became}"));
        }
        self.out.table = (table != 255).then_some(table);
        self.out.flow.table = self.out.table.unwrap_or(0);
        Ok(())
    }

    fn cookie(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        let adding = self.out.command == Command::Add;
        match item.value.split_once('/') {
            Some(_) if adding => {
                let d = self.cx.error("bad-mask", item.value, "a new flow's cookie has no mask");
                Err(d.hint("leave the mask off"))
            }
            Some((value, mask)) => {
                self.out.flow.cookie = self.cx.number("the cookie", value, u64::MAX)?;
                self.out.cookie_mask = self.cx.number("the mask", mask, u64::MAX)?;
                if self.out.cookie_mask != 0 {
                    self.cx.formats &= Formats::NXM_OF11_UP;
                }
                Ok(())
            }
            None if !self.out.command.has_actions() => {
                let d = self.cx.error("bad-value", item.value, "a cookie cannot be set here");
                Err(d.hint(format!("to select by cookie write cookie={}/-1", item.value)))
            }
            None => {
                self.out.flow.cookie = self.cx.number("the cookie", item.value, u64::MAX)?;
                if item.value.starts_with('-') {
                    let became = format!("the cookie becomes {:#x}", self.out.flow.cookie);
                    self.cx.bent("bent-value", item.value, became);
                }
                Ok(())
            }
        }
    }

    /// What a dump counts. Typed text may hold it, so that a dump can be fed back; there it means nothing.
    fn counter(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        if self.is_typed() {
            if item.name.starts_with("n_offload") {
                return Err(self.cx.error("unknown-field", item.name, format!("no field `{}`", item.name)));
            }
            self.cx.bent("ignored-field", item.name, format!("{} is counted by the switch, it is ignored", item.name));
            return Ok(());
        }
        let mut stats = self.out.flow.stats.unwrap_or_default();
        let count = |cx: &Cx<'_>| match item.value {
            "?" => Ok(None),
            text => count(text, cx).map(Some),
        };
        let age = |cx: &Cx<'_>| cx.number(item.name, item.value, u32::MAX.into()).map(|n| Some(n as u32));
        match item.name {
            "duration" => stats.duration_ns = duration(item.value, &self.cx)?,
            "n_packets" => stats.n_packets = count(&self.cx)?,
            "n_bytes" => stats.n_bytes = count(&self.cx)?,
            "idle_age" => stats.idle_age = age(&self.cx)?,
            "hard_age" => stats.hard_age = age(&self.cx)?,
            "n_offload_packets" => {
                stats.offloaded = Some((count(&self.cx)?.unwrap_or(0), stats.offloaded.unwrap_or_default().1))
            }
            _ => stats.offloaded = Some((stats.offloaded.unwrap_or_default().0, count(&self.cx)?.unwrap_or(0))),
        }
        self.out.flow.stats = Some(stats);
        Ok(())
    }

    /// Notes fields of another protocol than the one that is matched: they share a slot, so they match what it has there.
    fn note_other_protocols(&mut self) {
        let matches = self.out.flow.matches.clone();
        for (field, word) in std::mem::take(&mut self.seen) {
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

    /// Checks the match as a whole.
    fn finish_match(&mut self) {
        if self.is_typed() {
            self.note_other_protocols();
        }
        let matches = &self.out.flow.matches;
        let is_ipv6 = proto::effective_dl_type(|id| matches.word(id).0) == proto::ethertype::IPV6;
        // Only extended matches can look past an IPv6 header.
        let (_, type_mask) = matches.word(word::TYPE);
        let (_, tp_mask) = matches.word(word::TP);
        if is_ipv6 && (type_mask & 0xffff != 0 || tp_mask != 0) {
            self.cx.formats &= Formats::NXM_OXM;
        }
    }

    fn actions(&mut self, text: &'a str) -> Result<(), Diagnostic> {
        match action::parse(text, Outer::Flow, &mut self.cx) {
            Ok(actions) => {
                self.out.flow.actions = actions;
                Ok(())
            }
            Err(d) => {
                self.out.flow.residue.push(text.into());
                self.refuse(d)
            }
        }
    }
}

fn unknown_field(name: &str, cx: &Cx<'_>) -> Diagnostic {
    let d = cx.error("unknown-field", name, format!("no field `{name}`"));
    let mut known: Vec<&str> = KEYS.to_vec();
    known.extend(proto::PROTOCOLS.iter().map(|p| p.name));
    known.extend(FieldId::all().flat_map(|f| std::iter::once(f.name).chain(f.aliases.clone())));
    match nearest(name, known.iter().copied()) {
        Some(near) if near.eq_ignore_ascii_case(name) => d.hint(format!("names are in lower case: `{near}`")),
        Some(near) => d.hint(format!("did you mean `{near}`?")),
        None => d.hint("ovs-fields(7) lists them all"),
    }
}

/// The words of a flow that are neither fields nor flags.
pub const KEYS: [&str; 16] = [
    "table",
    "table_id",
    "cookie",
    "priority",
    "idle_timeout",
    "hard_timeout",
    "importance",
    "out_port",
    "out_group",
    "duration",
    "n_packets",
    "n_bytes",
    "idle_age",
    "hard_age",
    "n_offload_packets",
    "n_offload_bytes",
];

/// A decimal count, the fast way.
fn count(text: &str, cx: &Cx<'_>) -> Result<u64, Diagnostic> {
    text.parse().map_err(|_| cx.error("bad-value", text, format!("`{text}` is no count")))
}

/// A duration as Open vSwitch prints it, in nanoseconds.
pub fn parse_duration(text: &str) -> Option<u64> {
    let number = (digit1::<&str, nom::error::Error<&str>>, opt(preceded(char('.'), digit1)));
    let (_, (seconds, fraction)) = all_consuming(terminated(number, opt(char('s')))).parse(text).ok()?;
    let ns = match fraction {
        None => 0,
        Some(digits) if digits.len() <= 9 => digits.parse::<u64>().ok()? * 10u64.pow(9 - digits.len() as u32),
        Some(_) => return None,
    };
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(ns)
}

fn duration(text: &str, cx: &Cx<'_>) -> Result<u64, Diagnostic> {
    parse_duration(text).ok_or_else(|| cx.error("bad-value", text, format!("`{text}` is no duration")))
}

impl Reading {
    /// Fields whose prerequisite the match does not meet: a switch drops them without a word.
    pub fn unmet(&self) -> Vec<(FieldId, Needs)> {
        let matches = &self.flow_mod.flow.matches;
        matches.fields().into_iter().filter(|f| !matches.meets(f.needs)).map(|f| (f, f.needs)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::Style;

    fn printed(line: &str) -> String {
        let reading = parse(line, Names::none(), Mode::Dumped, false).unwrap();
        assert!(reading.found.is_empty(), "{line}: {:?}", reading.found);
        let flow = reading.flow_mod.flow;
        let style = if line.contains("n_offload") {
            Style::Bridge
        } else if flow.stats.is_some() {
            Style::Stats
        } else {
            Style::NoStats
        };
        flow.text(style, Names::none())
    }

    #[test]
    fn dumps_come_out_as_they_went_in() {
        for line in [
            " cookie=0x9cd478a8918ae6d2, duration=21.342s, table=0, n_packets=0, n_bytes=0, priority=65535,dl_vlan=4095 actions=drop",
            " cookie=0x0, duration=11.807s, table=60, n_packets=10, n_bytes=740, idle_age=1, priority=100,in_port=4 actions=load:0x4->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,71)",
            " table=23, priority=0 actions=drop",
            " actions=NORMAL",
            "table_id=60, duration=11s, n_packets=10, n_bytes=740, n_offload_packets=0, n_offload_bytes=0, priority=100,in_port=4,actions=set_field:0x4->reg5",
            " send_flow_rem priority=15087 actions=drop",
            " idle_timeout=5, importance=7, arp,arp_op=2 actions=drop",
        ] {
            assert_eq!(printed(line), line);
        }
    }

    #[test]
    fn typed_lines_are_refused_with_a_caret() {
        let error = |line: &str| {
            let d = parse(line, Names::none(), Mode::Typed, false).unwrap_err();
            (d.span.slice(line).to_owned(), d.message, d.hint.unwrap_or_default())
        };
        assert_eq!(
            error("in_prot=1,actions=drop"),
            ("in_prot".into(), "no field `in_prot`".into(), "did you mean `in_port`?".into())
        );
        assert_eq!(error("tcp,tp_dst=70000,actions=drop").0, "70000");
        assert_eq!(error("IP,actions=drop").1, "no field `IP`");
        assert_eq!(error("table=foo,actions=drop").0, "foo");
        assert_eq!(error("priority=5").1, "the actions are missing");
        assert_eq!(error("cookie=1/1,actions=drop").1, "a new flow's cookie has no mask");
        assert_eq!(error("actions=output:1,foo").0, "foo");
    }

    #[test]
    fn what_is_bent_is_told() {
        let found = |line: &str| -> Vec<String> {
            parse(line, Names::none(), Mode::Typed, false).unwrap().found.into_iter().map(|d| d.message).collect()
        };
        assert_eq!(
            found("ip,nw_src=256.1.1.1,actions=drop"),
            ["each part of an address is at most 255, the upper bits are dropped: it becomes nw_src=0.1.1.1"]
        );
        assert_eq!(
            found("dl_vlan=4096,actions=drop"),
            ["the value is wider than the field, its upper bits are dropped: it becomes dl_vlan=0"]
        );
        assert_eq!(found("ip,arp,actions=drop"), ["`arp` replaces what `ip` said"]);
        assert_eq!(found("priority=1,priority=2,actions=drop"), ["the last priority counts"]);
        assert_eq!(found("reg0=1,xreg0=5,actions=drop"), ["`xreg0` replaces what `reg0` said"]);
    }

    #[test]
    fn commands_of_a_flow_file() {
        let read = |line: &str| parse(line, Names::none(), Mode::Typed, true).unwrap().flow_mod;
        assert_eq!(read("add ip,actions=drop").command, Command::Add);
        assert_eq!(read("del table=1,ip").command, Command::Delete);
        let strict = read("delete_strict priority=7,cookie=1/-1,out_port=3");
        assert_eq!(
            (strict.command, strict.flow.priority, strict.cookie_mask, strict.out_port),
            (Command::DeleteStrict, 7, u64::MAX, Some(3))
        );
        assert_eq!(read("ip,actions=drop").command, Command::Add);
        assert!(parse("delete priority=1", Names::none(), Mode::Typed, true).is_err());
    }

    #[test]
    fn unknown_words_of_a_dump_are_kept() {
        let line = " table=1, frob=7, priority=3,ip,newfield=0x1 actions=output:1,newaction(1,2)";
        let reading = parse(line, Names::none(), Mode::Dumped, false).unwrap();
        assert_eq!(reading.flow_mod.flow.residue, [Box::from("frob=7"), Box::from("newfield=0x1")]);
        assert_eq!(reading.found.len(), 3);
        assert_eq!(reading.flow_mod.flow.actions.text(), "output:1,newaction(1,2)");
    }

    #[test]
    fn the_word_action_in_a_name_is_no_action() {
        assert_eq!(split_actions("in_port=\"actions=1\" actions=drop"), ("in_port=\"actions=1\" ", Some("drop")));
        assert_eq!(split_actions("in_port=reaction,actions=2"), ("in_port=reaction,", Some("2")));
    }

    #[test]
    fn durations_are_read_exactly() {
        assert_eq!(parse_duration("21.342s"), Some(21_342_000_000));
        assert_eq!(parse_duration("21s"), Some(21_000_000_000));
        assert_eq!(parse_duration("0.000000001s"), Some(1));
        assert_eq!(parse_duration("1.0000000001s"), None);
        assert_eq!(parse_duration("99999999999999999999s"), None);
        assert_eq!(parse_duration("x"), None);
    }
}
