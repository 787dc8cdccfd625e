//! Reads the words in front of the actions, one by one.

use super::keys::{HeadWord, unknown_word};
use super::{Command, FlowMod};
use crate::action::{self, Cx, Mode, Outer};
use crate::base::args::{Item, Separator};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::bits::Bits;
use crate::field::format;
use crate::field::proto::{self, DL_TYPE, NW_PROTO, Protocol};
use crate::field::slot::word;
use crate::field::subfield::Subfield;
use crate::field::table::{self, FieldId};
use crate::field::{Formats, Names};
use crate::model::flow::Flags;

/// A number's worth of a line that says the Ethernet type, the IP protocol or the VLAN, so that a second one that
/// says otherwise can be noted.
const N_SAID: usize = 3;

pub(super) struct Reader<'a> {
    pub(super) cx: Cx<'a>,
    pub(super) out: FlowMod,
    /// The fields of the match with the words that named them.
    pub(super) seen: Vec<(FieldId, &'a str)>,
    /// What already said the Ethernet type, the IP protocol and the VLAN tag.
    pub(super) said: [Option<&'a str>; N_SAID],
}

impl<'a> Reader<'a> {
    pub(super) fn new(line: &'a str, names: &'a Names, mode: Mode, command: Command) -> Reader<'a> {
        Reader {
            cx: Cx::new(line, names, mode),
            out: FlowMod { command, ..FlowMod::default() },
            seen: Vec::new(),
            said: [None; N_SAID],
        }
    }

    pub(super) fn is_typed(&self) -> bool {
        self.cx.mode == Mode::Typed
    }

    /// Refuses typed text; of printed text, notes the complaint.
    pub(super) fn refuse(&mut self, d: Diagnostic) -> Result<(), Diagnostic> {
        if self.is_typed() {
            return Err(d);
        }
        self.cx.note(d);
        Ok(())
    }

    /// Keeps an item of printed text that was not understood.
    pub(super) fn keep(&mut self, item: &Item<'a>, d: Diagnostic) -> Result<(), Diagnostic> {
        let start = Span::of(self.cx.line, item.name).start as usize;
        let end = Span::of(self.cx.line, item.value).end as usize;
        let end = if item.separator == Separator::None { start + item.name.len() } else { end };
        self.refuse(d)?;
        self.out.flow.residue.push(self.cx.line[start..end].into());
        Ok(())
    }

    pub(super) fn item(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
        match HeadWord::by_name(item.name) {
            Some(HeadWord::Field(field)) => self.field(item, field),
            Some(HeadWord::Dumped(field)) if !self.is_typed() => self.field(item, field),
            Some(HeadWord::Protocol(protocol)) => {
                self.protocol(item, protocol);
                Ok(())
            }
            Some(HeadWord::Key(key)) => self.key(item, key),
            Some(HeadWord::Flag(flag)) if self.out.command.has_actions() => {
                self.flag(item, flag);
                Ok(())
            }
            Some(HeadWord::Ethernet) => {
                self.out.flow.matches.clear(&table::PACKET_TYPE);
                Ok(())
            }
            None if item.name.contains('[') => self.subfield(item),
            Some(HeadWord::Dumped(_) | HeadWord::Flag(_)) | None => Err(unknown_word(item.name, &self.cx)),
        }
    }

    pub(super) fn protocol(&mut self, item: &Item<'a>, protocol: &Protocol) {
        let matches = &mut self.out.flow.matches;
        matches.set_exact(DL_TYPE, protocol.dl_type.into());
        self.say(0, item.name);
        if protocol.nw_proto != 0 {
            self.out.flow.matches.set_exact(NW_PROTO, protocol.nw_proto.into());
            self.say(1, item.name);
        }
    }

    pub(super) fn flag(&mut self, item: &Item<'a>, flag: Flags) {
        if flag == Flags::ALLOW_HIDDEN_FIELDS || flag == Flags::NO_READONLY_TABLE {
            // Open vSwitch reads these words and forgets them; only its own dumps print them.
            if !self.is_typed() {
                self.out.flow.flags = self.out.flow.flags.with(flag);
            }
            return;
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
    }

    pub(super) fn field(&mut self, item: &Item<'a>, field: FieldId) -> Result<(), Diagnostic> {
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
        if self.is_typed() {
            self.seen.push((field, item.name));
        }
        Ok(())
    }

    pub(super) fn value(&mut self, item: &Item<'a>, field: FieldId) -> Result<format::Parsed, Diagnostic> {
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

    pub(super) fn value_error(&self, item: &Item<'a>, e: format::ValueError) -> Diagnostic {
        let part = if item.value.is_empty() { item.name } else { item.value };
        let mut d = self.cx.value_error(part, e);
        if item.value.is_empty() {
            d.span = self.cx.span(part);
        }
        d
    }

    /// Values that `ovs-ofctl` sends as they are and the switch then refuses.
    pub(super) fn check_wire_value(
        &mut self,
        item: &Item<'a>,
        field: FieldId,
        parsed: &format::Parsed,
    ) -> Result<(), Diagnostic> {
        if field.name == "ipv6_label" && parsed.value.bit_length() > 20 {
            let d = self.cx.error("too-large", item.value, "ipv6_label has 20 bits, the highest value is 0xfffff");
            return self.refuse(d.hint("use a smaller number"));
        }
        Ok(())
    }

    /// `reg31[0..15]=5`: bits of a field, added to those that are matched already.
    pub(super) fn subfield(&mut self, item: &Item<'a>) -> Result<(), Diagnostic> {
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
    pub(super) fn whole_value(&self, bits: Subfield) -> (Bits, Bits) {
        let width = usize::from(bits.field.bytes) * 8;
        let (value, mask) = self.out.flow.matches.get(&bits.field);
        (value.slice(0, width), mask.slice(0, width))
    }

    /// Checks the match as a whole.
    pub(super) fn finish_match(&mut self) {
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

    pub(super) fn actions(&mut self, text: &'a str) -> Result<(), Diagnostic> {
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
