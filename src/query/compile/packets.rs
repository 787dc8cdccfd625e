//! The packet of `hits{..}` and `wins{..}`.

use super::{Compiler, Meaning, Outcome, protocol_match};
use crate::base::span::Span;
use crate::field::Match;
use crate::query::ast::PacketItem;
use crate::query::fields::Asked;
use crate::query::leaf::{Ask, Node};
use crate::query::packet::{CUBES, PacketTest};
use crate::query::value::FieldValue;
use crate::query::words::{Data, State};

/// What an item says of a packet, and the field it names with where it stands.
type Said = (Match, Option<(Asked, Span)>);

impl Compiler<'_> {
    /// The packets that the items describe, and whether some flow meets or gets them.
    pub(super) fn packet(&mut self, wins: bool, items: &[PacketItem<'_>], span: Span) -> Outcome<Node> {
        let mut packets = vec![Match::any()];
        let mut fields = Vec::new();
        for item in items {
            let (said, field) = self.packet_item(item)?;
            fields.extend(field);
            packets = self.narrowed(&packets, &[said], item.name.span)?;
        }
        // A port without a protocol is that of any protocol that has it. What was said of the protocol counts first,
        // wherever it stands.
        for (asked, at) in fields {
            let needs = asked.needs();
            let is_met = |p: &Match| needs.iter().any(|n| n.covers(p));
            if !needs.is_empty() && !packets.iter().all(is_met) {
                packets = self.narrowed(&packets, &needs, at)?;
            }
        }
        if packets.is_empty() {
            self.note("never-true", span, "never true: what is said of the packet contradicts itself");
        }
        let test = PacketTest { packets };
        Ok(self.leaf(if wins { Ask::Wins(test) } else { Ask::Hits(test) }, span))
    }

    fn narrowed(&mut self, packets: &[Match], others: &[Match], at: Span) -> Outcome<Vec<Match>> {
        PacketTest::narrow(packets, others).ok_or_else(|| {
            let d = self.error("too-many", at, format!("this makes more than {CUBES} kinds of packets"));
            d.hint("name the protocol")
        })
    }

    /// What one item says, and the field it says it of.
    fn packet_item(&mut self, item: &PacketItem<'_>) -> Outcome<Said> {
        let name = &item.name;
        let asked = match (self.meaning(name)?, &item.value) {
            (Meaning::Protocol(protocol), None) => return Ok((protocol_match(protocol), None)),
            (Meaning::State(word), None) if word.state == State::Ethernet && word.needs == Data::Flows => {
                let mut said = Match::any();
                said.set_exact(crate::field::table::PACKET_TYPE.slot, 0);
                return Ok((said, None));
            }
            (Meaning::Match(asked), _) => asked,
            (Meaning::Protocol(_), Some(value)) => {
                let d = self.error("no-field", value.span, format!("`{}` is a keyword and takes no value", name.word));
                return Err(d.hint("it stands alone"));
            }
            _ => {
                let d = self.error("no-field", name.span, format!("`{}` is nothing that a packet has", name.word));
                return Err(d.hint("a packet has a protocol and match fields, as {tcp,nw_dst=10.0.0.5}"));
            }
        };
        let Some(value) = &item.value else {
            let d = self.error("missing-value", name.span, format!("`{}` needs a value", name.word));
            return Err(d.hint(format!("as {}=..", name.word)));
        };
        let mut said = Match::any();
        match self.field_value(&asked, value)? {
            FieldValue::Cube(cube) => {
                for (part, (bits, mask)) in asked.place.parts.iter().zip(cube) {
                    said.set_word(part.word, part.mask, bits, mask);
                }
            }
            FieldValue::NoTag => {
                said.set_exact(crate::field::table::VLAN_TCI.slot, 0);
                return Ok((said, None));
            }
            FieldValue::Absent => said.set_word(asked.field.slot.word - 1, 1, 0, 1),
        }
        Ok((said, Some((asked, name.span))))
    }
}
