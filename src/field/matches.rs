//! What a flow matches: a sorted list of masked words.
//!
//! A [`Match`] knows nothing of fields. So equality is equality of values, and [`Match::covers`],
//! [`Match::overlaps`] and [`Match::intersect`] are bit algebra, the same for every field there is. Fields come in
//! where text does: [`Match::set`] puts a field's value in, [`Match::paint`] prints the whole as a dump does.

use smallvec::SmallVec;

use super::bits::Bits;
use super::format;
use super::names::Names;
use super::proto::{self, DL_TYPE, NW_PROTO, Needs};
use super::slot::{Slot, WordId, word};
use super::table::{self, Dump, Field, FieldId, Quirk, Shown};
use crate::base::paint::{List, Painter, Role};

/// One word of a match: the bits in `mask` must be as in `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Masked {
    /// Which word.
    pub word: WordId,
    /// The wanted bits; 0 outside the mask.
    pub value: u32,
    /// The bits that count; never 0.
    pub mask: u32,
}

/// What a flow matches.
///
/// Invariant: sorted by word, one entry a word, no entry with an empty mask, no value bit outside its mask. Hence two
/// matches are the same set of packets exactly if they are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Match {
    words: SmallVec<[Masked; 8]>,
}

impl Match {
    /// The match of every packet.
    pub fn any() -> Match {
        Match::default()
    }

    /// A match from words that are sorted and meet the invariant.
    pub(crate) fn from_sorted(words: impl IntoIterator<Item = Masked>) -> Match {
        let words: SmallVec<[Masked; 8]> = words.into_iter().collect();
        debug_assert!(words.is_sorted_by(|a, b| a.word < b.word));
        debug_assert!(words.iter().all(|w| w.mask != 0 && w.value & !w.mask == 0));
        Match { words }
    }

    /// The words, sorted.
    pub fn words(&self) -> &[Masked] {
        &self.words
    }

    /// Whether every packet matches.
    pub fn is_any(&self) -> bool {
        self.words.is_empty()
    }

    /// A word's value and mask; zeros if it is not matched.
    #[inline]
    pub fn word(&self, id: WordId) -> (u32, u32) {
        self.words.iter().find(|w| w.word == id).map_or((0, 0), |w| (w.value, w.mask))
    }

    /// Makes the bits `part` of a word match `value` under `mask`, whatever they matched before.
    pub fn set_word(&mut self, id: WordId, part: u32, value: u32, mask: u32) {
        let at = self.words.partition_point(|w| w.word < id);
        let found = self.words.get(at).is_some_and(|w| w.word == id);
        let mask = mask & part;
        match found {
            true => {
                let word = &mut self.words[at];
                word.mask = word.mask & !part | mask;
                word.value = word.value & !part | value & mask;
                if word.mask == 0 {
                    self.words.remove(at);
                }
            }
            false if mask != 0 => self.words.insert(at, Masked { word: id, value: value & mask, mask }),
            false => {}
        }
    }

    /// Makes a slot match `value` under `mask`, whatever it matched before.
    pub fn set_slot(&mut self, slot: Slot, value: &Bits, mask: &Bits) {
        if slot.n_words() == 1 {
            let ones = super::slot::ones(slot.width);
            let place = |bits: &Bits| (bits.to_u64() as u32 & ones) << slot.shift;
            return self.set_word(slot.word, ones << slot.shift, place(value), place(mask));
        }
        for (((id, part), (_, value)), (_, mask)) in slot.words().zip(slot.spread(value)).zip(slot.spread(mask)) {
            self.set_word(id, part, value, mask);
        }
    }

    /// Makes a slot match exactly `value`.
    pub fn set_exact(&mut self, slot: Slot, value: u64) {
        self.set_slot(slot, &Bits::from_u64(value, slot.width.into()), &Bits::ones(slot.width.into()));
    }

    /// A slot's value and mask.
    pub fn slot(&self, slot: Slot) -> (Bits, Bits) {
        (slot.read(|id| self.word(id).0), slot.read(|id| self.word(id).1))
    }

    /// A slot's value, with 0 for bits that are not matched.
    pub fn value(&self, slot: Slot) -> u64 {
        slot.read(|id| self.word(id).0).to_u64()
    }

    /// Whether any bit of a slot is matched.
    pub fn has(&self, slot: Slot) -> bool {
        slot.words().any(|(id, part)| self.word(id).1 & part != 0)
    }

    /// Makes a field match `value` under `mask` (both as wide as the field), as Open vSwitch does, quirks included.
    pub fn set(&mut self, field: &Field, value: &Bits, mask: &Bits) {
        match field.quirk {
            _ if mask.is_zero() && field.quirk != Quirk::TunMetadata => self.clear(field),
            Quirk::VlanId if value.to_u64() == 0xffff => self.set_exact(table::VLAN_TCI.slot, 0),
            Quirk::VlanId | Quirk::VlanPriority => {
                self.set_slot(field.slot, value, &Bits::ones(field.slot.width.into()));
                self.set_exact(proto::VLAN_PRESENT, 1);
            }
            Quirk::MaskIsValue => self.set_slot(field.slot, &value.and(mask), value),
            Quirk::Tos => self.set_exact(field.slot, value.to_u64() >> 2),
            Quirk::TunMetadata => {
                self.set_word(field.slot.word - 1, 1, 1, 1);
                let exact = Bits::ones(field.slot.width.into());
                self.set_slot(field.slot, &value.and(mask), if is_whole_option(mask, 8) { &exact } else { mask });
            }
            Quirk::None if field.id == table::PACKET_TYPE => self.set_packet_type(value.to_u64() as u32),
            // A slot may be wider than the field's value, as for in_port and ICMP types; an exact value fills it.
            Quirk::None if mask.is_ones(usize::from(field.bytes) * 8) => {
                self.set_slot(field.slot, value, &Bits::ones(field.slot.width.into()));
            }
            Quirk::None => self.set_slot(field.slot, value, mask),
        }
    }

    /// Ethernet is what packets are unless something else is said, so matching it is matching nothing; the other types
    /// of one name space say the Ethernet type too.
    fn set_packet_type(&mut self, value: u32) {
        match value {
            0 => self.set_word(word::PACKET_TYPE, u32::MAX, 0, 0),
            _ => self.set_word(word::PACKET_TYPE, u32::MAX, value, u32::MAX),
        }
    }

    /// Makes a field match anything.
    pub fn clear(&mut self, field: &Field) {
        for (id, part) in field.slot.words() {
            self.set_word(id, part, 0, 0);
        }
        if field.is_tun_metadata() {
            self.set_word(field.slot.word - 1, 1, 0, 0);
        }
    }

    /// A field's value and mask, as wide as its slot; the mask is zero if it is not matched.
    pub fn get(&self, field: &Field) -> (Bits, Bits) {
        self.slot(field.slot)
    }

    /// Whether a need is met by what this matches.
    pub fn meets(&self, needs: Needs) -> bool {
        needs.is_met(|id| self.word(id).0)
    }

    /// Whether every packet of `other` is also one of this.
    pub fn covers(&self, other: &Match) -> bool {
        self.words.iter().all(|w| {
            let (value, mask) = other.word(w.word);
            w.mask & !mask == 0 && (value ^ w.value) & w.mask == 0
        })
    }

    /// Whether some packet is one of both.
    pub fn overlaps(&self, other: &Match) -> bool {
        self.words.iter().all(|w| {
            let (value, mask) = other.word(w.word);
            (value ^ w.value) & w.mask & mask == 0
        })
    }

    /// The packets of both; `None` if there are none.
    pub fn intersect(&self, other: &Match) -> Option<Match> {
        if !self.overlaps(other) {
            return None;
        }
        let mut both = self.clone();
        for w in &other.words {
            both.set_word(w.word, w.mask, w.value, w.mask);
        }
        Some(both)
    }

    /// The bits of a word that fields say something about, as masks.
    pub fn masks(&self) -> impl Iterator<Item = (WordId, u32)> {
        self.words.iter().map(|w| (w.word, w.mask))
    }

    /// The fields that the match is about, in the order in which a dump prints them. One field stands for each slot:
    /// the one whose prerequisites hold.
    pub fn fields(&self) -> Vec<FieldId> {
        Plan::of(self.masks()).fields(self).collect()
    }

    /// Prints the match as a dump does (`match_format`): with the priority in front unless it is the default one.
    /// Tells whether anything was printed.
    pub fn paint(&self, priority: u32, names: &Names, p: &mut impl Painter) -> bool {
        self.paint_by(&Plan::of(self.masks()), priority, names, p)
    }

    /// The same with the plan for these masks at hand.
    pub fn paint_by(&self, plan: &Plan, priority: u32, names: &Names, p: &mut impl Painter) -> bool {
        let mut list = List::default();
        if priority != DEFAULT_PRIORITY {
            list.next(p);
            p.dim("priority=");
            p.decimal(Role::Text, priority.into());
        }
        for step in &plan.steps {
            match *step {
                Step::Protocol => {
                    if let Some(word) = self.protocol_word() {
                        list.next(p);
                        p.put(Role::Proto, word);
                    }
                }
                Step::Vlan => self.paint_vlan(&mut list, p),
                Step::Ethernet => {
                    list.next(p);
                    p.put(Role::Proto, "eth");
                }
                Step::Field(id) => {
                    if self.is_shown(&id) {
                        list.next(p);
                        self.paint_field(&id, names, p);
                    }
                }
            }
        }
        list.has_started()
    }

    /// Prints one field of the match as a dump does, `name=value`.
    pub fn paint_field(&self, field: &Field, names: &Names, p: &mut impl Painter) {
        p.dim(field.dump_name);
        if field.is_tun_metadata() {
            return self.paint_tun_metadata(field, p);
        }
        p.dim("=");
        let (value, mask) = self.slot(field.slot);
        format::paint_dumped(field, &value, &mask, names, p);
    }

    fn paint_tun_metadata(&self, field: &Field, p: &mut impl Painter) {
        let (present, _) = self.word(field.slot.word - 1);
        let (value, mask) = self.slot(field.slot);
        if present == 0 {
            p.text("=NP");
        } else if !mask.is_zero() {
            p.dim("=");
            p.text(&value.hex());
            if !mask.is_ones(field.slot.width.into()) {
                p.text("/");
                p.text(&mask.hex());
            }
        }
    }

    /// Whether a dump prints this field: its bits are matched, and no other field prints them.
    fn is_shown(&self, field: &Field) -> bool {
        let exact = |id: FieldId, value: u64| {
            self.slot(id.slot) == (Bits::from_u64(value, id.slot.width.into()), Bits::ones(id.slot.width.into()))
        };
        match field.shown {
            Shown::Always => field.id != table::ETH_TYPE || self.protocol().is_none(),
            Shown::If(needs) => needs.iter().any(|n| self.meets(*n)),
            Shown::Unless(needs) => {
                let is_said = field.id == table::NW_PROTO && self.nw_proto_is_said();
                !(is_said || needs.iter().any(|n| self.meets(*n)))
            }
            Shown::Erspan(version) => self.value(table::TUN_ERSPAN_VER.slot) == u64::from(version),
            Shown::WithCtProto => self.has(table::CT_NW_PROTO.slot),
            Shown::WithNshMd1 => self.meets(Needs::Nsh) && exact(table::NSH_MDTYPE, 1),
        }
    }

    /// The Ethernet type that a protocol word says.
    fn protocol(&self) -> Option<&'static proto::Protocol> {
        if !self.has(DL_TYPE) {
            return None;
        }
        proto::protocol_by_numbers(proto::effective_dl_type(|id| self.word(id).0), 0)
    }

    fn protocol_word(&self) -> Option<&'static str> {
        let word = self.protocol()?;
        match self.transport() {
            Some(transport) => Some(transport.name),
            None => Some(word.name),
        }
    }

    /// The transport protocol that a word of its own says.
    fn transport(&self) -> Option<&'static proto::Protocol> {
        let nw_proto = self.value(NW_PROTO) as u8;
        if !self.has(NW_PROTO) || nw_proto == 0 {
            return None;
        }
        proto::protocol_by_numbers(proto::effective_dl_type(|id| self.word(id).0), nw_proto)
    }

    fn nw_proto_is_said(&self) -> bool {
        self.has(DL_TYPE) && self.transport().is_some()
    }

    /// `dl_vlan`, `dl_vlan_pcp`, or `vlan_tci` when neither says it all.
    fn paint_vlan(&self, list: &mut List, p: &mut impl Painter) {
        let (tci, mask) = self.word(word::VLAN);
        let (tci, mask) = (tci & 0xffff, mask & 0xffff);
        let (vid_mask, pcp_mask, present) = (mask & 0x0fff, mask & 0xe000, mask & tci & 0x1000 != 0);
        let plain = (vid_mask == 0 || vid_mask == 0x0fff) && (pcp_mask == 0 || pcp_mask == 0xe000);
        if present && plain && vid_mask | pcp_mask != 0 {
            if vid_mask != 0 {
                list.next(p);
                p.dim("dl_vlan=");
                p.decimal(Role::Text, (tci & 0x0fff).into());
            }
            if pcp_mask != 0 {
                list.next(p);
                p.dim("dl_vlan_pcp=");
                p.decimal(Role::Text, (tci >> 13).into());
            }
            return;
        }
        list.next(p);
        p.dim("vlan_tci=");
        p.text(crate::base::number::Digits::hex_padded(tci.into(), 4).as_str());
        if mask != 0xffff {
            p.text("/");
            p.text(crate::base::number::Digits::hex_padded(mask.into(), 4).as_str());
        }
    }
}

/// The priority of a flow that names none (`OFP_DEFAULT_PRIORITY`); dumps leave it out.
pub const DEFAULT_PRIORITY: u32 = 0x8000;

/// Whether a mask is all of a tunnel option, as far as can be told without the switch's TLV map: it is if it has ones
/// only and fills units of so many bits. `ovs-ofctl` counts bytes in matches; in actions options count as they are on
/// the wire, in units of four bytes (RFC 8926, section 3.5).
pub fn is_whole_option(mask: &Bits, unit: usize) -> bool {
    let bits = mask.bit_length();
    bits > 0 && bits.is_multiple_of(unit) && mask.count_ones() == bits
}

/// What a dump prints for matches with given masks, in order. It depends on the masks alone, so the many matches that
/// differ only in values share one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    steps: SmallVec<[Step; 8]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// The protocol word, which stands where the registers begin.
    Protocol,
    /// The VLAN tag.
    Vlan,
    /// The word `eth`, which is said only beside recirc_id.
    Ethernet,
    /// A field, if it is shown.
    Field(FieldId),
}

impl Step {
    /// Its place in the order of printing.
    fn place(self) -> (FieldId, bool) {
        match self {
            Step::Protocol => (table::REG, false),
            Step::Vlan => (table::VLAN_TCI, true),
            Step::Ethernet => (table::PACKET_TYPE, true),
            Step::Field(id) => (id, true),
        }
    }
}

/// The fields that a dump may print, by the words they lie in.
static PRINTED: std::sync::LazyLock<Vec<SmallVec<[FieldId; 4]>>> = std::sync::LazyLock::new(|| {
    let mut words = vec![SmallVec::new(); usize::from(word::END)];
    for field in FieldId::all().filter(|f| f.dump != Dump::Never) {
        for (id, _) in field.slot.words() {
            words[usize::from(id)].push(field);
        }
        if field.is_tun_metadata() {
            words[usize::from(field.slot.word) - 1].push(field);
        }
    }
    words
});

impl Plan {
    /// The plan for matches with these masks.
    pub fn of(masks: impl IntoIterator<Item = (WordId, u32)>) -> Plan {
        let masks: SmallVec<[(WordId, u32); 8]> = masks.into_iter().collect();
        let mut steps: SmallVec<[Step; 8]> = SmallVec::new();
        let (mut needs_ethernet, mut says_type) = (false, false);
        for &(id, mask) in &masks {
            if id == word::TYPE && mask >> 16 != 0 {
                steps.push(Step::Protocol);
            }
            for &field in PRINTED.get(usize::from(id)).into_iter().flatten() {
                let is_matched = field.slot.words().any(|(w, part)| w == id && mask & part != 0);
                let is_present = field.is_tun_metadata() && id == field.slot.word - 1;
                if is_matched || is_present {
                    needs_ethernet |= field.needs != Needs::None;
                    says_type |= field == table::PACKET_TYPE;
                    steps.push(if field.dump == Dump::Vlan { Step::Vlan } else { Step::Field(field) });
                }
            }
        }
        if needs_ethernet && !says_type && masks.iter().any(|(id, _)| *id == word::RECIRC_ID) {
            steps.push(Step::Ethernet);
        }
        steps.sort_unstable_by_key(|s| s.place());
        steps.dedup();
        Plan { steps }
    }

    /// The fields of a match with these masks, in order of printing.
    pub fn fields<'a>(&'a self, m: &'a Match) -> impl Iterator<Item = FieldId> + 'a {
        self.steps.iter().flat_map(move |step| -> SmallVec<[FieldId; 2]> {
            match *step {
                Step::Protocol => m
                    .protocol()
                    .map(|_| table::ETH_TYPE)
                    .into_iter()
                    .chain(m.transport().map(|_| table::NW_PROTO))
                    .collect(),
                Step::Vlan => vlan_fields(m),
                Step::Ethernet => SmallVec::new(),
                Step::Field(id) if m.is_shown(&id) => SmallVec::from_slice(&[id]),
                Step::Field(_) => SmallVec::new(),
            }
        })
    }
}

/// The VLAN fields that a dump of this match prints.
fn vlan_fields(m: &Match) -> SmallVec<[FieldId; 2]> {
    let mut text = String::new();
    m.paint_vlan(&mut List::default(), &mut text);
    let shown = |name: &str| text.split(',').any(|item| item.split('=').next() == Some(name));
    [table::VLAN_TCI, table::DL_VLAN, table::DL_VLAN_PCP].into_iter().filter(|f| shown(f.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `name=value,name=value` and protocol words; a parser for tests only.
    fn matching(text: &str) -> Match {
        let mut m = Match::any();
        for item in crate::base::args::items(text) {
            match proto::protocol_by_name(item.name) {
                Some(protocol) => {
                    m.set_exact(DL_TYPE, protocol.dl_type.into());
                    if protocol.nw_proto != 0 {
                        m.set_exact(NW_PROTO, protocol.nw_proto.into());
                    }
                }
                None => {
                    let field = FieldId::by_name(item.name).unwrap();
                    let parsed = format::parse(&field, item.value, Names::none()).unwrap();
                    m.set(&field, &parsed.value, &parsed.mask);
                }
            }
        }
        m
    }

    fn painted(text: &str) -> String {
        let mut out = String::new();
        matching(text).paint(DEFAULT_PRIORITY, Names::none(), &mut out);
        out
    }

    #[test]
    fn printed_in_the_order_and_spelling_of_a_dump() {
        assert_eq!(painted("tp_dst=80,in_port=1,tcp,reg0=5"), "tcp,reg0=0x5,in_port=1,tp_dst=80");
        assert_eq!(painted("arp_op=2,arp,nw_src=10.0.0.1"), "arp,arp_spa=10.0.0.1,arp_op=2");
        assert_eq!(painted("icmp6,icmpv6_type=136,nd_target=fe80::1"), "icmp6,icmp_type=136,nd_target=fe80::1");
        assert_eq!(painted("ip,nw_proto=47"), "ip,nw_proto=47");
        assert_eq!(painted("dl_type=0x88cc,dl_src=0:0:0:0:0:1"), "dl_src=00:00:00:00:00:01,dl_type=0x88cc");
        assert_eq!(painted("dl_vlan=5,dl_vlan_pcp=3"), "dl_vlan=5,dl_vlan_pcp=3");
        assert_eq!(painted("vlan_tci=0x1000/0x1000"), "vlan_tci=0x1000/0x1000");
        assert_eq!(painted("dl_vlan=0xffff"), "vlan_tci=0x0000");
        assert_eq!(painted("xreg0=5"), "reg0=0,reg1=0x5");
        assert_eq!(painted("tcp,tp_dst=0x1f40/0xffc0"), "tcp,tp_dst=0x1f40/0xffc0");
        assert_eq!(painted("ip,nw_tos=252,nw_ecn=1,nw_ttl=3"), "ip,nw_tos=252,nw_ecn=1,nw_ttl=3");
        assert_eq!(painted("ct_state=+trk-new,ct_zone=5,ip"), "ct_state=-new+trk,ct_zone=5,ip");
        assert_eq!(painted("packet_type=(1,0x800),nw_src=1.1.1.1"), "packet_type=(1,0x800),nw_src=1.1.1.1");
        assert_eq!(painted("tun_metadata0=0x1234,tun_metadata3="), "tun_metadata0=0x1234,tun_metadata3");
        assert_eq!(painted("packet_type=(0,0)"), "");
    }

    #[test]
    fn the_fields_of_a_match() {
        let names = |text: &str| matching(text).fields().into_iter().map(|f| f.name).collect::<Vec<_>>();
        assert_eq!(names("tcp,tp_dst=80,reg5=1"), ["eth_type", "nw_proto", "reg5", "tcp_dst"]);
        assert_eq!(names("arp,arp_spa=1.2.3.4,dl_vlan=3"), ["eth_type", "dl_vlan", "arp_spa"]);
    }

    #[test]
    fn sets_of_packets() {
        let (net, host, other) =
            (matching("ip,nw_dst=10.0.0.0/8"), matching("tcp,nw_dst=10.1.2.3"), matching("ip,nw_dst=11.0.0.0/8"));
        assert!(net.covers(&host) && !host.covers(&net) && Match::any().covers(&net));
        assert!(net.overlaps(&host) && !other.overlaps(&host));
        assert_eq!(net.intersect(&host), Some(host.clone()));
        assert_eq!(other.intersect(&host), None);
        assert_eq!(matching("reg0=1/1").intersect(&matching("reg0=2/2")), Some(matching("reg0=3/3")));
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one() {
        assert_eq!(matching("reg0=1/1,reg0=2/2"), matching("reg0=2/2"));
        assert_eq!(matching("reg0=1,xreg0=5"), matching("reg0=0,reg1=5"));
        assert_eq!(matching("reg0=1,reg0=0/0"), Match::any());
        assert_eq!(matching("nw_src=10.1.2.3/8"), matching("nw_src=10.0.0.0/8"));
    }
}
