//! THE table: one row for each match field, or for each family of fields.
//!
//! The rows stand in the order in which dumps print them (`match_format` of Open vSwitch). Everything that treats
//! fields one by one, parsing, printing, prerequisites, completion, filters, docs, reads these rows; adding a field is
//! adding a row. Sources: ovs-fields(7); include/openvswitch/meta-flow.h for widths, prerequisites and headers.

use std::fmt;
use std::ops::Deref;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::proto::Needs;
use super::slot::Slot;
use rows::ROWS;

mod rows;

/// How a field's value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Decimal; a mask in hexadecimal.
    Decimal,
    /// Hexadecimal.
    Hex,
    /// A MAC address.
    Ethernet,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A port by number or name.
    Port,
    /// `no`, `yes`, `first`, `later`, `not_later`.
    Frag,
    /// `+oam`.
    TunFlags,
    /// `+syn-ack`, `syn|ack`.
    TcpFlags,
    /// `+trk-new`, `trk|est`.
    CtState,
    /// `(namespace,type)`.
    PacketType,
}

impl Format {
    /// What the value looks like, for docs and completion.
    pub fn doc(self) -> &'static str {
        match self {
            Format::Decimal => "number",
            Format::Hex => "number, usually hexadecimal",
            Format::Ethernet => "MAC address",
            Format::Ipv4 => "IPv4 address",
            Format::Ipv6 => "IPv6 address",
            Format::Port => "port number or name",
            Format::Frag => "no, yes, first, later or not_later",
            Format::TunFlags => "+oam or -oam",
            Format::TcpFlags => "+syn-ack, or syn|ack for exactly these",
            Format::CtState => "+trk+est-rel, or trk|est for exactly these",
            Format::PacketType => "(namespace,type)",
        }
    }
}

/// How a dump writes the value where it differs from the field's [`Format`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dump {
    /// As the format says.
    AsFormat,
    /// Decimal if exact, else `0xVALUE/0xMASK`, a zero as `0x0`.
    DecimalOrHex,
    /// `0xVALUE`, with `/0xMASK` if masked; a zero is `0x0`.
    Hex0x,
    /// Decimal if exact, else two hexadecimal digits or more on either side.
    DecimalOrHex2,
    /// Decimal if exact, else eight hexadecimal digits on either side.
    DecimalOrHex8,
    /// Five hexadecimal digits or more, as for flow labels.
    Hex5,
    /// Four hexadecimal digits or more, as for Ethernet types.
    Hex4,
    /// The value alone in hexadecimal, whatever the mask.
    HexUnmasked,
    /// The value alone in decimal, whatever the mask.
    DecimalUnmasked,
    /// Hexadecimal without `0x`: how Open vSwitch prints `tun_tos`, though it reads it as decimal.
    BareHex,
    /// One of `dl_vlan`, `dl_vlan_pcp`, `vlan_tci`, after the mask.
    Vlan,
    /// Not by itself: another row prints the slot.
    Never,
}

/// When a dump prints the row, since several rows share a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Whenever its bits are matched.
    Always,
    /// If one of these needs is met.
    If(&'static [Needs]),
    /// If none of these needs is met.
    Unless(&'static [Needs]),
    /// If the ERSPAN version is this one.
    Erspan(u32),
    /// With ct_nw_proto only.
    WithCtProto,
    /// With nsh_mdtype=1 only.
    WithNshMd1,
}

/// How a field's value and the bits of its slot relate where they are not simply the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quirk {
    /// The value is the bits.
    None,
    /// `dl_vlan`: matches the presence of a tag as well; 0xffff is "no tag".
    VlanId,
    /// `dl_vlan_pcp`, `vlan_pcp`: match the presence of a tag as well.
    VlanPriority,
    /// `nw_tos`: the DSCP is the upper six bits of the value, the lower two are dropped.
    Tos,
    /// `tun_metadataN`: may be matched by presence alone.
    TunMetadata,
    /// Open vSwitch takes the value for the mask, so that matching 0 matches anything (`match_set_tun_gtpu_flags_masked`
    /// and its neighbours).
    MaskIsValue,
}

/// Which fields OpenFlow 1.0 and 1.1 can carry in their fixed match structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fixed {
    /// Not at all.
    No,
    /// Exactly only.
    Exact,
    /// With a prefix mask.
    Cidr,
    /// With any mask.
    Bitwise,
}

/// An NXM or OXM name and number of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Such as `NXM_NX_REG0` or `OXM_OF_METADATA`.
    pub name: &'static str,
    /// The field number in its class.
    pub number: u8,
    /// The Open vSwitch release that brought it.
    pub since: &'static str,
    /// The OpenFlow version that brought it; empty for Nicira extensions.
    pub openflow: &'static str,
}

impl Header {
    /// The OXM class, and the experimenter of class 0xffff (nicira-ext.h; OpenFlow 1.5.1, section 7.2.3).
    pub fn class(&self) -> (u16, Option<u32>) {
        const CLASSES: [(&str, u16, Option<u32>); 8] = [
            ("NXM_OF_", 0x0000, None),
            ("NXM_NX_", 0x0001, None),
            ("OXM_OF_PKT_REG", 0x8001, None),
            ("OXM_OF_", 0x8000, None),
            ("NXOXM_NSH_", 0xffff, Some(0x005a_d650)),
            ("NXOXM_ET_", 0xffff, Some(0x0000_2320)),
            ("ONFOXM_ET_", 0xffff, Some(0x4f4e_4600)),
            ("ERICOXM_OF_", 0x1000, None),
        ];
        let class = CLASSES.iter().find(|(prefix, ..)| self.name.starts_with(prefix));
        class.map_or((0xffff, None), |&(_, class, experimenter)| (class, experimenter))
    }
}

/// A row as it is written in [`rows`]: one field, or a family of numbered ones.
#[derive(Debug, Clone, Copy)]
struct Row {
    name: &'static str,
    count: u8,
    first: u8,
    /// Slots of one family follow each other at this distance in words.
    stride: u16,
    aliases: &'static [&'static str],
    dump_name: &'static str,
    slot: Slot,
    bits: u16,
    bytes: u16,
    format: Format,
    dump: Dump,
    shown: Shown,
    maskable: bool,
    writable: bool,
    needs: Needs,
    quirk: Quirk,
    of10: Fixed,
    of11: Fixed,
    headers: &'static [(&'static str, u8, &'static str, &'static str)],
    doc: &'static str,
}

/// A row with the defaults: writable, bitwise maskable, no prerequisite, printed under its own name.
const fn row(name: &'static str, slot: Slot, bytes: u16, format: Format) -> Row {
    Row {
        name,
        count: 1,
        first: 0,
        stride: slot.n_words(),
        aliases: &[],
        dump_name: name,
        slot,
        bits: slot.width,
        bytes,
        format,
        dump: Dump::AsFormat,
        shown: Shown::Always,
        maskable: true,
        writable: true,
        needs: Needs::None,
        quirk: Quirk::None,
        of10: Fixed::No,
        of11: Fixed::No,
        headers: &[],
        doc: "",
    }
}

impl Row {
    const fn family(self, first: u8, count: u8, stride: u16) -> Row {
        Row { first, count, stride, ..self }
    }
    const fn aka(self, aliases: &'static [&'static str]) -> Row {
        Row { aliases, ..self }
    }
    const fn dumps(self, dump_name: &'static str, dump: Dump) -> Row {
        Row { dump_name, dump, ..self }
    }
    const fn shown(self, shown: Shown) -> Row {
        Row { shown, ..self }
    }
    const fn bits(self, bits: u16) -> Row {
        Row { bits, ..self }
    }
    const fn exact(self) -> Row {
        Row { maskable: false, ..self }
    }
    const fn read_only(self) -> Row {
        Row { writable: false, ..self }
    }
    const fn needs(self, needs: Needs) -> Row {
        Row { needs, ..self }
    }
    const fn quirk(self, quirk: Quirk) -> Row {
        Row { quirk, ..self }
    }
    const fn fixed(self, of10: Fixed, of11: Fixed) -> Row {
        Row { of10, of11, ..self }
    }
    const fn headers(self, headers: &'static [(&'static str, u8, &'static str, &'static str)]) -> Row {
        Row { headers, ..self }
    }
    const fn doc(self, doc: &'static str) -> Row {
        Row { doc, ..self }
    }
}

/// The number of a field in the expanded table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(u8);

impl FieldId {
    /// Its place in the table, from 0.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The field that many places further on in the same family.
    pub const fn nth(self, n: u8) -> FieldId {
        FieldId(self.0 + n)
    }

    /// Every field, in table order.
    pub fn all() -> impl DoubleEndedIterator<Item = FieldId> {
        (0..FIELDS.len() as u8).map(FieldId)
    }

    /// The field of that name or alias; also by the name that dumps use.
    pub fn by_name(name: &str) -> Option<FieldId> {
        INDEX.names.get(name).copied()
    }

    /// Every name that is read, with its field.
    pub fn names() -> impl Iterator<Item = (&'static str, FieldId)> {
        INDEX.names.iter().map(|(name, field)| (*name, *field))
    }

    /// The field of that NXM or OXM name.
    pub fn by_header(name: &str) -> Option<FieldId> {
        INDEX.headers.get(name).copied()
    }
}

impl Deref for FieldId {
    type Target = Field;

    fn deref(&self) -> &Field {
        &FIELDS[self.index()]
    }
}

impl fmt::Debug for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// One match field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its number.
    pub id: FieldId,
    /// Its name (ovs-fields(7)).
    pub name: &'static str,
    /// Further names that are read.
    pub aliases: Vec<&'static str>,
    /// The name that dumps print; empty if another field prints the slot.
    pub dump_name: &'static str,
    /// How a dump writes the value.
    pub dump: Dump,
    /// When a dump prints it.
    pub shown: Shown,
    /// Where its bits live.
    pub slot: Slot,
    /// Its width in bits, as bit ranges of it count.
    pub bits: u16,
    /// Its width in bytes, as a value of it may be.
    pub bytes: u16,
    /// How its value is written.
    pub format: Format,
    /// Whether single bits of it can be matched.
    pub maskable: bool,
    /// Whether actions can write it.
    pub writable: bool,
    /// What must be matched before.
    pub needs: Needs,
    /// How value and slot differ.
    pub quirk: Quirk,
    /// Whether OpenFlow 1.0 has it without extensions.
    pub of10: Fixed,
    /// Whether OpenFlow 1.1 has it.
    pub of11: Fixed,
    /// Its NXM and OXM names; the first is the one that bit ranges are printed with.
    pub headers: Vec<Header>,
    /// What it is, in plain words.
    pub doc: &'static str,
}

impl Field {
    /// The name that bit ranges are printed with: the NXM name if there is one, else the OXM name, else its own.
    pub fn subfield_name(&self) -> &'static str {
        self.headers.first().map_or(self.name, |h| h.name)
    }

    /// Whether a header of 32 bits names it, so that old actions (load, learn, multipath ..) can.
    pub fn has_plain_header(&self) -> bool {
        self.headers.first().is_some_and(|h| h.class().1.is_none())
    }

    /// Whether it is one of tun_metadata0 to 63.
    pub fn is_tun_metadata(&self) -> bool {
        self.quirk == Quirk::TunMetadata
    }

    /// Whether it can only be written inside `ct(exec(..))`.
    pub fn is_connection(&self) -> bool {
        self.writable && (self.id == CT_MARK || self.id == CT_LABEL)
    }
}

static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let mut fields = Vec::with_capacity(256);
    for row in ROWS {
        for n in 0..row.count {
            fields.push(expand(row, n, FieldId(fields.len() as u8)));
        }
    }
    fields
});

struct Index {
    names: FxHashMap<&'static str, FieldId>,
    headers: FxHashMap<&'static str, FieldId>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { names: FxHashMap::default(), headers: FxHashMap::default() };
    for field in FIELDS.iter() {
        index.headers.extend(field.headers.iter().map(|h| (h.name, field.id)));
        index.names.insert(field.name, field.id);
        index.names.extend(field.aliases.iter().map(|a| (*a, field.id)));
    }
    // Names that only dumps use (gtpu_flags, icmp_type of ICMPv6) are read as well, unless a field already has them.
    for field in FIELDS.iter().filter(|f| f.dump != Dump::Never) {
        index.names.entry(field.dump_name).or_insert(field.id);
    }
    index
});

/// The `n`th field of a row.
fn expand(row: &'static Row, n: u8, id: FieldId) -> Field {
    let family = row.count > 1;
    let numbered = |name: &'static str, number: u8| -> &'static str {
        // The table is built once for the whole run, so its few hundred names may stay for ever.
        if family { format!("{name}{number}").leak() } else { name }
    };
    let number = row.first + n;
    let is_dumped = row.dump != Dump::Never;
    Field {
        id,
        name: numbered(row.name, number),
        aliases: row.aliases.iter().map(|a| numbered(a, number)).collect(),
        dump_name: if is_dumped { numbered(row.dump_name, number) } else { row.dump_name },
        dump: row.dump,
        shown: row.shown,
        slot: Slot { word: row.slot.word + row.stride * u16::from(n), ..row.slot },
        bits: row.bits,
        bytes: row.bytes,
        format: row.format,
        maskable: row.maskable,
        writable: row.writable,
        needs: row.needs,
        quirk: row.quirk,
        of10: row.of10,
        of11: row.of11,
        headers: row
            .headers
            .iter()
            .map(|&(name, first, since, openflow)| Header {
                name: numbered(name, number),
                number: first + n,
                since,
                openflow,
            })
            .collect(),
        doc: row.doc,
    }
}

/// The field of that name, found while compiling; a wrong name does not compile.
const fn id(name: &str) -> FieldId {
    let (mut at, mut row) = (0, 0);
    while row < ROWS.len() {
        if same(ROWS[row].name, name) {
            return FieldId(at);
        }
        at += ROWS[row].count;
        row += 1;
    }
    panic!("no field of that name")
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

macro_rules! named {
    ($($name:ident = $text:literal),* $(,)?) => { $(
        #[doc = concat!("`", $text, "`; of a family, its first field.")]
        pub const $name: FieldId = id($text);
    )* };
}

named! {
    RECIRC_ID = "recirc_id", CONJ_ID = "conj_id", PACKET_TYPE = "packet_type", REG = "reg", XREG = "xreg", XXREG = "xxreg",
    TUN_ID = "tun_id", METADATA = "metadata", IN_PORT = "in_port", IN_PORT_OXM = "in_port_oxm",
    TUN_METADATA = "tun_metadata", CT_STATE = "ct_state", CT_ZONE = "ct_zone", CT_MARK = "ct_mark", CT_LABEL = "ct_label",
    CT_NW_PROTO = "ct_nw_proto", TUN_ERSPAN_VER = "tun_erspan_ver", NSH_MDTYPE = "nsh_mdtype", PKT_MARK = "pkt_mark",
    VLAN_TCI = "vlan_tci", DL_VLAN = "dl_vlan", VLAN_VID = "vlan_vid", DL_VLAN_PCP = "dl_vlan_pcp", VLAN_PCP = "vlan_pcp",
    ETH_SRC = "eth_src", ETH_DST = "eth_dst", ETH_TYPE = "eth_type", IPV6_SRC = "ipv6_src", IPV6_DST = "ipv6_dst",
    IP_SRC = "ip_src", IP_DST = "ip_dst", NW_PROTO = "nw_proto", NW_TOS = "nw_tos", IP_DSCP = "ip_dscp", NW_ECN = "nw_ecn",
    NW_TTL = "nw_ttl", ARP_OP = "arp_op", ARP_SPA = "arp_spa", ARP_TPA = "arp_tpa", ARP_SHA = "arp_sha", ARP_THA = "arp_tha",
    MPLS_LABEL = "mpls_label", MPLS_TC = "mpls_tc", MPLS_TTL = "mpls_ttl", IP_FRAG = "ip_frag",
    ICMP_TYPE = "icmp_type", ICMP_CODE = "icmp_code", ICMPV6_TYPE = "icmpv6_type", ICMPV6_CODE = "icmpv6_code",
    ND_TARGET = "nd_target", TCP_SRC = "tcp_src", TCP_DST = "tcp_dst", UDP_SRC = "udp_src", UDP_DST = "udp_dst",
    SCTP_SRC = "sctp_src", SCTP_DST = "sctp_dst", NSH_SPI = "nsh_spi", NSH_C = "nsh_c",
    CT_TP_SRC = "ct_tp_src", CT_TP_DST = "ct_tp_dst", IPV6_LABEL = "ipv6_label", MPLS_BOS = "mpls_bos",
    TCP_FLAGS = "tcp_flags", ND_RESERVED = "nd_reserved", ND_OPTIONS_TYPE = "nd_options_type",
}

#[cfg(test)]
mod tests {
    use super::super::slot::word;
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn every_field_can_be_found_by_each_of_its_names() {
        assert_eq!(FieldId::all().count(), 91 + 32 + 16 + 8 + 64);
        for field in FieldId::all() {
            assert_eq!(FieldId::by_name(field.name), Some(field));
            assert!(field.aliases.iter().all(|a| FieldId::by_name(a) == Some(field)));
            assert!(field.headers.iter().all(|h| FieldId::by_header(h.name) == Some(field)));
            assert!(!field.doc.is_empty(), "{field:?} is not explained");
        }
        assert_eq!(FieldId::by_name("reg31"), Some(REG.nth(31)));
        assert_eq!(FieldId::by_name("nw_src"), Some(IP_SRC));
        assert_eq!(FieldId::by_name("gtpu_flags").map(|f| f.name), Some("tun_gtpu_flags"));
        assert_eq!(FieldId::by_name("reg32"), None);
        assert_eq!(FieldId::by_name("REG0"), None);
        assert_eq!(FieldId::by_header("NXOXM_ET_REG16"), Some(REG.nth(16)));
        assert_eq!(FieldId::by_header("NXM_NX_REG16"), None);
        assert_eq!(FieldId::by_header("OXM_OF_PKT_REG3"), Some(XREG.nth(3)));
    }

    #[test]
    fn no_two_headers_share_a_number() {
        let mut seen = HashMap::new();
        for field in FieldId::all() {
            for header in &field.headers {
                let key = (header.class(), header.number);
                let other = seen.insert(key, header.name);
                // OXM_OF_ and ONFOXM_ET_ names of one field differ in class; anything else is a slip.
                assert!(other.is_none(), "{} and {other:?} are both {key:?}", header.name);
            }
        }
    }

    #[test]
    fn slots_lie_in_their_words_and_overlap_only_where_they_should() {
        for field in FieldId::all() {
            let slot = field.slot;
            assert!(slot.n_words() > 1 || u16::from(slot.shift) + slot.width <= 32, "{field:?}");
            assert!(slot.word + slot.n_words() <= word::END, "{field:?}");
            assert!(slot.width.div_ceil(8) <= field.bytes || field.id == IN_PORT || field.bytes == 1, "{field:?}");
        }
        let overlap =
            |a: FieldId, b: FieldId| a.slot.words().any(|(i, x)| b.slot.words().any(|(j, y)| i == j && x & y != 0));
        assert!(overlap(REG, XREG) && overlap(XREG, XXREG) && overlap(ARP_SPA, IP_SRC) && overlap(ARP_OP, NW_PROTO));
        assert!(!overlap(IP_SRC, IP_DST) && !overlap(NW_PROTO, ETH_TYPE) && !overlap(TCP_SRC, TCP_DST));
        // Two fields that are both printed may share bits only if they are never printed together.
        let printed: Vec<FieldId> = FieldId::all().filter(|f| f.dump != Dump::Never).collect();
        for (i, &a) in printed.iter().enumerate() {
            for &b in &printed[i + 1..] {
                assert!(!overlap(a, b) || (a.shown != Shown::Always && b.shown != Shown::Always), "{a:?} and {b:?}");
            }
        }
    }
}
