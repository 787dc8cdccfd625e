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
use super::slot::{Slot, word};

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

/// A row as it is written below: one field, or a family of numbered ones.
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

const fn whole(word: u16) -> Slot {
    Slot::new(word, 0, 32)
}

const fn wide(word: u16, width: u16) -> Slot {
    Slot::new(word, 0, width)
}

use Dump::*;
use Format::{CtState, Decimal, Ethernet, Frag, Hex, Ipv4, Ipv6, PacketType, Port, TcpFlags, TunFlags};

const IPV6_ONLY: Shown = Shown::If(&[Needs::Ipv6]);
const ARP_ONLY: Shown = Shown::If(&[Needs::Arp]);
const NSH_ONLY: Shown = Shown::If(&[Needs::Nsh]);
const ICMPV6_ONLY: Shown = Shown::If(&[Needs::Icmpv6]);
const NOT_ICMP: Shown = Shown::Unless(&[Needs::Icmpv4, Needs::Icmpv6]);
const NOT_ADDRESSED_OTHERWISE: Shown = Shown::Unless(&[Needs::Ipv6, Needs::Arp, Needs::Nsh]);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("pkt_mark", whole(word::PKT_MARK), 4, Hex)
        .headers(&[("NXM_NX_PKT_MARK", 33, "2.0", "")])
        .doc("mark that the kernel keeps with the packet"),
    row("recirc_id", whole(word::RECIRC_ID), 4, Decimal).exact().read_only().dumps("recirc_id", HexUnmasked)
        .headers(&[("NXM_NX_RECIRC_ID", 36, "2.2", "")])
        .doc("which recirculation the packet comes from"),
    row("dp_hash", whole(word::DP_HASH), 4, Hex).read_only()
        .headers(&[("NXM_NX_DP_HASH", 35, "2.2", ""), ("NXOXM_ET_DP_HASH", 0, "2.4", "")])
        .doc("hash of the packet that the datapath computed"),
    row("conj_id", whole(word::CONJ_ID), 4, Decimal).exact().read_only()
        .headers(&[("NXM_NX_CONJ_ID", 37, "2.4", "")])
        .doc("the conjunction whose clauses all matched"),
    row("skb_priority", whole(word::SKB_PRIORITY), 4, Hex).exact().read_only()
        .doc("queueing priority of the packet"),
    row("actset_output", whole(word::ACTSET_OUTPUT), 4, Port).exact().read_only()
        .headers(&[("ONFOXM_ET_ACTSET_OUTPUT", 43, "2.4", "1.3"), ("OXM_OF_ACTSET_OUTPUT", 43, "2.4", "1.5")])
        .doc("output port in the action set"),
    row("ct_state", Slot::new(word::CT, 0, 8), 4, CtState).bits(32).read_only()
        .headers(&[("NXM_NX_CT_STATE", 105, "2.5", "")])
        .doc("what connection tracking says of the packet"),
    row("ct_zone", Slot::new(word::CT, 16, 16), 2, Hex).exact().read_only().dumps("ct_zone", DecimalOrHex)
        .headers(&[("NXM_NX_CT_ZONE", 106, "2.5", "")])
        .doc("connection tracking zone"),
    row("ct_mark", whole(word::CT_MARK), 4, Hex)
        .headers(&[("NXM_NX_CT_MARK", 107, "2.5", "")])
        .doc("mark that was put on the connection"),
    row("ct_label", wide(word::CT_LABEL, 128), 16, Hex)
        .headers(&[("NXM_NX_CT_LABEL", 108, "2.5", "")])
        .doc("label that was put on the connection"),
    row("ct_nw_src", whole(word::CT_NW_SRC), 4, Ipv4).read_only().needs(Needs::Ct)
        .headers(&[("NXM_NX_CT_NW_SRC", 120, "2.8", "")])
        .doc("source address of the connection's first packet"),
    row("ct_ipv6_src", wide(word::CT_IPV6_SRC, 128), 16, Ipv6).read_only().needs(Needs::Ct)
        .headers(&[("NXM_NX_CT_IPV6_SRC", 122, "2.8", "")])
        .doc("source address of the connection's first packet"),
    row("ct_nw_dst", whole(word::CT_NW_DST), 4, Ipv4).read_only().needs(Needs::Ct)
        .headers(&[("NXM_NX_CT_NW_DST", 121, "2.8", "")])
        .doc("destination address of the connection's first packet"),
    row("ct_ipv6_dst", wide(word::CT_IPV6_DST, 128), 16, Ipv6).read_only().needs(Needs::Ct)
        .headers(&[("NXM_NX_CT_IPV6_DST", 123, "2.8", "")])
        .doc("destination address of the connection's first packet"),
    row("ct_nw_proto", Slot::new(word::CT, 8, 8), 1, Decimal).exact().read_only().needs(Needs::Ct)
        .headers(&[("NXM_NX_CT_NW_PROTO", 119, "2.8", "")])
        .doc("IP protocol of the connection's first packet"),
    row("ct_tp_src", Slot::new(word::CT_TP, 16, 16), 2, Decimal).read_only().needs(Needs::Ct)
        .dumps("ct_tp_src", DecimalOrHex).shown(Shown::WithCtProto)
        .headers(&[("NXM_NX_CT_TP_SRC", 124, "2.8", "")])
        .doc("source port of the connection's first packet"),
    row("ct_tp_dst", Slot::new(word::CT_TP, 0, 16), 2, Decimal).read_only().needs(Needs::Ct)
        .dumps("ct_tp_dst", DecimalOrHex).shown(Shown::WithCtProto)
        .headers(&[("NXM_NX_CT_TP_DST", 125, "2.8", "")])
        .doc("destination port of the connection's first packet"),
    row("packet_type", whole(word::PACKET_TYPE), 4, PacketType).exact().read_only()
        .headers(&[("OXM_OF_PACKET_TYPE", 44, "2.8", "1.5")])
        .doc("what the packet starts with: an Ethernet header or another"),
    row("reg", whole(word::REG), 4, Hex).family(0, 16, 1)
        .headers(&[("NXM_NX_REG", 0, "1.1", "")])
        .doc("register of the pipeline"),
    row("reg", whole(word::REG + 16), 4, Hex).family(16, 16, 1)
        .headers(&[("NXOXM_ET_REG", 17, "3.7", "")])
        .doc("register of the pipeline"),
    row("xreg", wide(word::REG, 64), 8, Hex).family(0, 16, 2).dumps("", Never)
        .headers(&[("OXM_OF_PKT_REG", 0, "2.4", "1.3")])
        .doc("two registers as one"),
    row("xxreg", wide(word::REG, 128), 16, Hex).family(0, 4, 4).dumps("", Never)
        .headers(&[("NXM_NX_XXREG", 111, "2.6", "")])
        .doc("four registers as one"),
    row("xxreg", wide(word::REG + 16, 128), 16, Hex).family(4, 4, 4).dumps("", Never)
        .headers(&[("NXOXM_ET_XXREG", 33, "3.7", "")])
        .doc("four registers as one"),
    row("tun_id", wide(word::TUN_ID, 64), 8, Hex).aka(&["tunnel_id"])
        .headers(&[("NXM_NX_TUN_ID", 16, "1.1", ""), ("OXM_OF_TUNNEL_ID", 38, "1.10", "1.3")])
        .doc("tunnel key: the VNI of VXLAN and Geneve, the key of GRE"),
    row("tun_src", whole(word::TUN_SRC), 4, Ipv4)
        .headers(&[("NXM_NX_TUN_IPV4_SRC", 31, "2.0", "")])
        .doc("outer source address of the tunnel"),
    row("tun_dst", whole(word::TUN_DST), 4, Ipv4)
        .headers(&[("NXM_NX_TUN_IPV4_DST", 32, "2.0", "")])
        .doc("outer destination address of the tunnel"),
    row("tun_ipv6_src", wide(word::TUN_IPV6_SRC, 128), 16, Ipv6)
        .headers(&[("NXM_NX_TUN_IPV6_SRC", 109, "2.5", "")])
        .doc("outer source address of the tunnel"),
    row("tun_ipv6_dst", wide(word::TUN_IPV6_DST, 128), 16, Ipv6)
        .headers(&[("NXM_NX_TUN_IPV6_DST", 110, "2.5", "")])
        .doc("outer destination address of the tunnel"),
    row("tun_gbp_id", Slot::new(word::TUN_GBP, 16, 16), 2, Decimal).dumps("tun_gbp_id", DecimalOrHex)
        .headers(&[("NXM_NX_TUN_GBP_ID", 38, "2.4", "")])
        .doc("VXLAN group policy id"),
    row("tun_gbp_flags", Slot::new(word::TUN_GBP, 8, 8), 1, Hex).dumps("tun_gbp_flags", HexUnmasked)
        .headers(&[("NXM_NX_TUN_GBP_FLAGS", 39, "2.4", "")])
        .doc("VXLAN group policy flags"),
    row("tun_tos", Slot::new(word::TUN_MISC, 24, 8), 1, Decimal).exact().read_only().dumps("tun_tos", BareHex)
        .doc("outer type of service of the tunnel"),
    row("tun_ttl", Slot::new(word::TUN_MISC, 16, 8), 1, Decimal).exact().read_only().dumps("tun_ttl", DecimalUnmasked)
        .doc("outer time to live of the tunnel"),
    row("tun_erspan_ver", Slot::new(word::TUN_ERSPAN, 16, 8), 1, Decimal).bits(4).quirk(Quirk::MaskIsValue).dumps("tun_erspan_ver", DecimalUnmasked)
        .headers(&[("NXOXM_ET_ERSPAN_VER", 12, "2.10", "")])
        .doc("ERSPAN version"),
    row("tun_erspan_idx", whole(word::TUN_ERSPAN_IDX), 4, Hex).bits(20).dumps("tun_erspan_idx", HexUnmasked)
        .shown(Shown::Erspan(1))
        .headers(&[("NXOXM_ET_ERSPAN_IDX", 11, "2.10", "")])
        .doc("ERSPAN index"),
    row("tun_erspan_dir", Slot::new(word::TUN_ERSPAN, 8, 8), 1, Decimal).bits(1).quirk(Quirk::MaskIsValue).dumps("tun_erspan_dir", DecimalUnmasked)
        .shown(Shown::Erspan(2))
        .headers(&[("NXOXM_ET_ERSPAN_DIR", 13, "2.10", "")])
        .doc("ERSPAN direction"),
    row("tun_erspan_hwid", Slot::new(word::TUN_ERSPAN, 0, 8), 1, Hex).bits(6).quirk(Quirk::MaskIsValue).dumps("tun_erspan_hwid", HexUnmasked)
        .shown(Shown::Erspan(2))
        .headers(&[("NXOXM_ET_ERSPAN_HWID", 14, "2.10", "")])
        .doc("ERSPAN hardware id"),
    row("tun_gtpu_flags", Slot::new(word::TUN_MISC, 8, 8), 1, Hex).read_only().quirk(Quirk::MaskIsValue).dumps("gtpu_flags", HexUnmasked)
        .headers(&[("NXOXM_ET_GTPU_FLAGS", 15, "2.13", "")])
        .doc("GTP-U flags"),
    row("tun_gtpu_msgtype", Slot::new(word::TUN_MISC, 0, 8), 1, Decimal).read_only().quirk(Quirk::MaskIsValue).dumps("gtpu_msgtype", DecimalUnmasked)
        .headers(&[("NXOXM_ET_GTPU_MSGTYPE", 16, "2.13", "")])
        .doc("GTP-U message type"),
    row("tun_flags", Slot::new(word::TUN_GBP, 0, 1), 2, TunFlags)
        .headers(&[("NXM_NX_TUN_FLAGS", 104, "2.5", "")])
        .doc("flags of the tunnel header"),
    row("tun_metadata", wide(word::TUN_METADATA + 1, 992), 124, Hex).family(0, 64, word::TUN_METADATA_WORDS)
        .quirk(Quirk::TunMetadata)
        .headers(&[("NXM_NX_TUN_METADATA", 40, "2.5", "")])
        .doc("tunnel option that the TLV map gives this number"),
    row("metadata", wide(word::METADATA, 64), 8, Hex).fixed(Fixed::No, Fixed::Bitwise)
        .headers(&[("OXM_OF_METADATA", 2, "1.8", "1.2")])
        .doc("metadata that tables hand on"),
    row("in_port", whole(word::IN_PORT), 2, Port).bits(16).exact().fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_IN_PORT", 0, "1.1", "")])
        .doc("port the packet came in"),
    row("in_port_oxm", whole(word::IN_PORT), 4, Port).exact().fixed(Fixed::No, Fixed::Exact).dumps("", Never)
        .headers(&[("OXM_OF_IN_PORT", 0, "1.7", "1.2")])
        .doc("port the packet came in, numbered as OpenFlow 1.1 does"),
    row("vlan_tci", Slot::new(word::VLAN, 0, 16), 2, Hex).needs(Needs::Ethernet).fixed(Fixed::Exact, Fixed::Exact)
        .dumps("vlan_tci", Vlan)
        .headers(&[("NXM_OF_VLAN_TCI", 4, "1.1", "")])
        .doc("VLAN tag with its presence bit (0x1000); 0 is no tag"),
    row("dl_vlan", Slot::new(word::VLAN, 0, 12), 2, Decimal).exact().needs(Needs::Ethernet)
        .fixed(Fixed::Exact, Fixed::Exact).quirk(Quirk::VlanId).dumps("dl_vlan", Never)
        .doc("VLAN id of a tagged packet; 0xffff is no tag"),
    row("vlan_vid", Slot::new(word::VLAN, 0, 13), 2, Decimal).bits(12).needs(Needs::Ethernet)
        .fixed(Fixed::Exact, Fixed::Exact).dumps("dl_vlan", Never)
        .headers(&[("OXM_OF_VLAN_VID", 6, "1.7", "1.2")])
        .doc("VLAN id with the presence bit 0x1000"),
    row("dl_vlan_pcp", Slot::new(word::VLAN, 13, 3), 1, Decimal).exact().needs(Needs::Ethernet)
        .fixed(Fixed::Exact, Fixed::Exact).quirk(Quirk::VlanPriority).dumps("dl_vlan_pcp", Never)
        .doc("VLAN priority of a tagged packet"),
    row("vlan_pcp", Slot::new(word::VLAN, 13, 3), 1, Decimal).exact().needs(Needs::Vlan)
        .fixed(Fixed::Exact, Fixed::Exact).quirk(Quirk::VlanPriority).dumps("dl_vlan_pcp", Never)
        .headers(&[("OXM_OF_VLAN_PCP", 7, "1.7", "1.2")])
        .doc("VLAN priority of a tagged packet"),
    row("eth_src", wide(word::ETH_SRC, 48), 6, Ethernet).aka(&["dl_src"]).needs(Needs::Ethernet)
        .fixed(Fixed::Exact, Fixed::Bitwise).dumps("dl_src", AsFormat)
        .headers(&[("NXM_OF_ETH_SRC", 2, "1.1", ""), ("OXM_OF_ETH_SRC", 4, "1.7", "1.2")])
        .doc("source MAC address"),
    row("eth_dst", wide(word::ETH_DST, 48), 6, Ethernet).aka(&["dl_dst"]).needs(Needs::Ethernet)
        .fixed(Fixed::Exact, Fixed::Bitwise).dumps("dl_dst", AsFormat)
        .headers(&[("NXM_OF_ETH_DST", 1, "1.1", ""), ("OXM_OF_ETH_DST", 3, "1.7", "1.2")])
        .doc("destination MAC address"),
    row("eth_type", Slot::new(word::TYPE, 16, 16), 2, Hex).aka(&["dl_type"]).exact().read_only().needs(Needs::Ethernet)
        .fixed(Fixed::Exact, Fixed::Exact).dumps("dl_type", Hex4)
        .headers(&[("NXM_OF_ETH_TYPE", 3, "1.1", ""), ("OXM_OF_ETH_TYPE", 5, "1.7", "1.2")])
        .doc("Ethernet type"),
    row("ipv6_src", wide(word::IPV6_SRC, 128), 16, Ipv6).needs(Needs::Ipv6).shown(IPV6_ONLY)
        .headers(&[("NXM_NX_IPV6_SRC", 19, "1.1", ""), ("OXM_OF_IPV6_SRC", 26, "1.1", "1.2")])
        .doc("source IPv6 address"),
    row("ipv6_dst", wide(word::IPV6_DST, 128), 16, Ipv6).needs(Needs::Ipv6).shown(IPV6_ONLY)
        .headers(&[("NXM_NX_IPV6_DST", 20, "1.1", ""), ("OXM_OF_IPV6_DST", 27, "1.1", "1.2")])
        .doc("destination IPv6 address"),
    row("ipv6_label", Slot::new(word::IPV6_LABEL, 0, 20), 4, Hex).needs(Needs::Ipv6)
        .dumps("ipv6_label", Hex5).shown(IPV6_ONLY)
        .headers(&[("NXM_NX_IPV6_LABEL", 27, "1.4", ""), ("OXM_OF_IPV6_FLABEL", 28, "1.7", "1.2")])
        .doc("IPv6 flow label"),
    row("arp_spa", whole(word::IP_SRC), 4, Ipv4).needs(Needs::Arp).shown(ARP_ONLY).fixed(Fixed::Cidr, Fixed::Bitwise)
        .headers(&[("NXM_OF_ARP_SPA", 16, "1.1", ""), ("OXM_OF_ARP_SPA", 22, "1.7", "1.2")])
        .doc("IPv4 address that the ARP sender claims"),
    row("arp_tpa", whole(word::IP_DST), 4, Ipv4).needs(Needs::Arp).shown(ARP_ONLY).fixed(Fixed::Cidr, Fixed::Bitwise)
        .headers(&[("NXM_OF_ARP_TPA", 17, "1.1", ""), ("OXM_OF_ARP_TPA", 23, "1.7", "1.2")])
        .doc("IPv4 address that the ARP message asks about"),
    row("nsh_flags", Slot::new(word::NSH, 24, 8), 1, Decimal).needs(Needs::Nsh)
        .dumps("nsh_flags", DecimalOrHex2).shown(NSH_ONLY)
        .headers(&[("NXOXM_NSH_FLAGS", 1, "2.8", "")])
        .doc("NSH flags"),
    row("nsh_ttl", Slot::new(word::NSH, 16, 8), 1, Decimal).exact().needs(Needs::Nsh)
        .dumps("nsh_ttl", DecimalOrHex2).shown(NSH_ONLY)
        .headers(&[("NXOXM_NSH_TTL", 10, "2.9", "")])
        .doc("NSH time to live"),
    row("nsh_mdtype", Slot::new(word::NSH, 8, 8), 1, Decimal).exact().read_only().needs(Needs::Nsh)
        .dumps("nsh_mdtype", DecimalOrHex2).shown(NSH_ONLY)
        .headers(&[("NXOXM_NSH_MDTYPE", 2, "2.8", "")])
        .doc("NSH metadata type"),
    row("nsh_np", Slot::new(word::NSH, 0, 8), 1, Decimal).exact().read_only().needs(Needs::Nsh)
        .dumps("nsh_np", DecimalOrHex2).shown(NSH_ONLY)
        .headers(&[("NXOXM_NSH_NP", 3, "2.8", "")])
        .doc("what follows the NSH header"),
    row("nsh_spi", Slot::new(word::NSH_PATH, 8, 24), 4, Hex).aka(&["nsp"]).exact().needs(Needs::Nsh)
        .dumps("nsh_spi", Hex0x).shown(NSH_ONLY)
        .headers(&[("NXOXM_NSH_SPI", 4, "2.8", "")])
        .doc("service path of the NSH header"),
    row("nsh_si", Slot::new(word::NSH_PATH, 0, 8), 1, Decimal).aka(&["nsi"]).exact().needs(Needs::Nsh)
        .dumps("nsh_si", DecimalOrHex2).shown(NSH_ONLY)
        .headers(&[("NXOXM_NSH_SI", 5, "2.8", "")])
        .doc("service index of the NSH header"),
    row("nsh_c", whole(word::NSH_C), 4, Hex).family(1, 4, 1).aka(&["nshc"]).needs(Needs::Nsh)
        .dumps("nsh_c", Hex0x).shown(Shown::WithNshMd1)
        .headers(&[("NXOXM_NSH_C", 6, "2.8", "")])
        .doc("context word of the NSH header"),
    row("ip_src", whole(word::IP_SRC), 4, Ipv4).aka(&["nw_src"]).needs(Needs::Ipv4)
        .dumps("nw_src", AsFormat).shown(NOT_ADDRESSED_OTHERWISE).fixed(Fixed::Cidr, Fixed::Bitwise)
        .headers(&[("NXM_OF_IP_SRC", 7, "1.1", ""), ("OXM_OF_IPV4_SRC", 11, "1.7", "1.2")])
        .doc("source IPv4 address"),
    row("ip_dst", whole(word::IP_DST), 4, Ipv4).aka(&["nw_dst"]).needs(Needs::Ipv4)
        .dumps("nw_dst", AsFormat).shown(NOT_ADDRESSED_OTHERWISE).fixed(Fixed::Cidr, Fixed::Bitwise)
        .headers(&[("NXM_OF_IP_DST", 8, "1.1", ""), ("OXM_OF_IPV4_DST", 12, "1.7", "1.2")])
        .doc("destination IPv4 address"),
    row("nw_proto", Slot::new(word::TYPE, 8, 8), 1, Decimal).aka(&["ip_proto"]).exact().read_only().needs(Needs::IpAny)
        .shown(Shown::Unless(&[Needs::Arp])).fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_IP_PROTO", 6, "1.1", ""), ("OXM_OF_IP_PROTO", 10, "1.7", "1.2")])
        .doc("IP protocol number"),
    row("arp_op", Slot::new(word::TYPE, 8, 8), 2, Decimal).bits(16).exact().needs(Needs::Arp).shown(ARP_ONLY)
        .fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_ARP_OP", 15, "1.1", ""), ("OXM_OF_ARP_OP", 21, "1.7", "1.2")])
        .doc("ARP operation: 1 request, 2 reply"),
    row("arp_sha", wide(word::ARP_SHA, 48), 6, Ethernet).needs(Needs::Arp).shown(ARP_ONLY)
        .headers(&[("NXM_NX_ARP_SHA", 17, "1.1", ""), ("OXM_OF_ARP_SHA", 24, "1.7", "1.2")])
        .doc("MAC address that the ARP sender claims"),
    row("arp_tha", wide(word::ARP_THA, 48), 6, Ethernet).needs(Needs::Arp).shown(ARP_ONLY)
        .headers(&[("NXM_NX_ARP_THA", 18, "1.1", ""), ("OXM_OF_ARP_THA", 25, "1.7", "1.2")])
        .doc("MAC address of the ARP target"),
    row("nw_tos", Slot::new(word::TYPE, 2, 6), 1, Decimal).bits(8).exact().needs(Needs::IpAny).quirk(Quirk::Tos)
        .fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_IP_TOS", 5, "1.1", "")])
        .doc("DSCP of the IP header, as the whole type-of-service byte"),
    row("ip_dscp", Slot::new(word::TYPE, 2, 6), 1, Decimal).exact().needs(Needs::IpAny).dumps("nw_tos", Never)
        .fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("OXM_OF_IP_DSCP", 8, "1.7", "1.2")])
        .doc("DSCP of the IP header"),
    row("nw_ecn", Slot::new(word::TYPE, 0, 2), 1, Decimal).aka(&["ip_ecn"]).exact().needs(Needs::IpAny)
        .fixed(Fixed::No, Fixed::Exact)
        .headers(&[("NXM_NX_IP_ECN", 28, "1.4", ""), ("OXM_OF_IP_ECN", 9, "1.7", "1.2")])
        .doc("congestion notification of the IP header"),
    row("nw_ttl", Slot::new(word::TTL, 24, 8), 1, Decimal).exact().needs(Needs::IpAny)
        .headers(&[("NXM_NX_IP_TTL", 29, "1.4", "")])
        .doc("time to live, or hop limit"),
    row("mpls_label", Slot::new(word::MPLS, 12, 20), 4, Decimal).exact().needs(Needs::Mpls).fixed(Fixed::No, Fixed::Exact)
        .headers(&[("OXM_OF_MPLS_LABEL", 34, "1.11", "1.2")])
        .doc("label of the outer MPLS header"),
    row("mpls_tc", Slot::new(word::MPLS, 9, 3), 1, Decimal).exact().needs(Needs::Mpls).fixed(Fixed::No, Fixed::Exact)
        .headers(&[("OXM_OF_MPLS_TC", 35, "1.11", "1.2")])
        .doc("traffic class of the outer MPLS header"),
    row("mpls_ttl", Slot::new(word::MPLS, 0, 8), 1, Decimal).exact().needs(Needs::Mpls)
        .headers(&[("NXM_NX_MPLS_TTL", 30, "2.6", "")])
        .doc("time to live of the outer MPLS header"),
    row("mpls_bos", Slot::new(word::MPLS, 8, 1), 1, Decimal).exact().read_only().needs(Needs::Mpls)
        .headers(&[("OXM_OF_MPLS_BOS", 36, "1.11", "1.3")])
        .doc("whether the outer MPLS header is the last one"),
    row("ip_frag", Slot::new(word::TTL, 16, 2), 1, Frag).aka(&["nw_frag"]).read_only().needs(Needs::IpAny)
        .dumps("nw_frag", AsFormat)
        .headers(&[("NXM_NX_IP_FRAG", 26, "1.3", "")])
        .doc("whether the packet is a fragment, and which"),
    row("icmp_type", Slot::new(word::TP, 16, 16), 1, Decimal).bits(8).exact().needs(Needs::Icmpv4)
        .dumps("icmp_type", DecimalOrHex).shown(Shown::If(&[Needs::Icmpv4])).fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_ICMP_TYPE", 13, "1.1", ""), ("OXM_OF_ICMPV4_TYPE", 19, "1.7", "1.2")])
        .doc("ICMP type: 8 is an echo request, 0 its reply"),
    row("icmp_code", Slot::new(word::TP, 0, 16), 1, Decimal).bits(8).exact().needs(Needs::Icmpv4)
        .dumps("icmp_code", DecimalOrHex).shown(Shown::If(&[Needs::Icmpv4])).fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_ICMP_CODE", 14, "1.1", ""), ("OXM_OF_ICMPV4_CODE", 20, "1.7", "1.2")])
        .doc("ICMP code"),
    row("icmpv6_type", Slot::new(word::TP, 16, 16), 1, Decimal).bits(8).exact().needs(Needs::Icmpv6)
        .dumps("icmp_type", DecimalOrHex).shown(ICMPV6_ONLY)
        .headers(&[("NXM_NX_ICMPV6_TYPE", 21, "1.1", ""), ("OXM_OF_ICMPV6_TYPE", 29, "1.7", "1.2")])
        .doc("ICMPv6 type: 135 and 136 are neighbour discovery"),
    row("icmpv6_code", Slot::new(word::TP, 0, 16), 1, Decimal).bits(8).exact().needs(Needs::Icmpv6)
        .dumps("icmp_code", DecimalOrHex).shown(ICMPV6_ONLY)
        .headers(&[("NXM_NX_ICMPV6_CODE", 22, "1.1", ""), ("OXM_OF_ICMPV6_CODE", 30, "1.7", "1.2")])
        .doc("ICMPv6 code"),
    row("nd_target", wide(word::ND_TARGET, 128), 16, Ipv6).needs(Needs::Nd).shown(ICMPV6_ONLY)
        .headers(&[("NXM_NX_ND_TARGET", 23, "1.1", ""), ("OXM_OF_IPV6_ND_TARGET", 31, "1.7", "1.2")])
        .doc("address that neighbour discovery is about"),
    row("nd_sll", wide(word::ARP_SHA, 48), 6, Ethernet).needs(Needs::NdSolicit).shown(ICMPV6_ONLY)
        .headers(&[("NXM_NX_ND_SLL", 24, "1.1", ""), ("OXM_OF_IPV6_ND_SLL", 32, "1.7", "1.2")])
        .doc("MAC address that the solicitation's sender claims"),
    row("nd_tll", wide(word::ARP_THA, 48), 6, Ethernet).needs(Needs::NdAdvert).shown(ICMPV6_ONLY)
        .headers(&[("NXM_NX_ND_TLL", 25, "1.1", ""), ("OXM_OF_IPV6_ND_TLL", 33, "1.7", "1.2")])
        .doc("MAC address that the advertisement gives"),
    row("nd_reserved", whole(word::ND_RESERVED), 4, Decimal).exact().needs(Needs::Nd)
        .dumps("nd_reserved", DecimalOrHex8).shown(ICMPV6_ONLY)
        .headers(&[("ERICOXM_OF_ICMPV6_ND_RESERVED", 1, "2.11", "")])
        .doc("reserved bits of the neighbour message"),
    row("nd_options_type", Slot::new(word::ND_OPTIONS, 0, 8), 1, Decimal).exact().needs(Needs::Nd)
        .dumps("nd_options_type", DecimalOrHex).shown(ICMPV6_ONLY)
        .headers(&[("ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE", 2, "2.11", "")])
        .doc("type of the neighbour message's option"),
    row("tcp_src", Slot::new(word::TP, 16, 16), 2, Decimal).aka(&["tp_src"]).needs(Needs::Tcp)
        .dumps("tp_src", DecimalOrHex).shown(NOT_ICMP).fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_TCP_SRC", 9, "1.1", ""), ("OXM_OF_TCP_SRC", 13, "1.7", "1.2")])
        .doc("TCP source port"),
    row("tcp_dst", Slot::new(word::TP, 0, 16), 2, Decimal).aka(&["tp_dst"]).needs(Needs::Tcp)
        .dumps("tp_dst", DecimalOrHex).shown(NOT_ICMP).fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_TCP_DST", 10, "1.1", ""), ("OXM_OF_TCP_DST", 14, "1.7", "1.2")])
        .doc("TCP destination port"),
    row("udp_src", Slot::new(word::TP, 16, 16), 2, Decimal).needs(Needs::Udp).dumps("tp_src", Never)
        .fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_UDP_SRC", 11, "1.1", ""), ("OXM_OF_UDP_SRC", 15, "1.7", "1.2")])
        .doc("UDP source port"),
    row("udp_dst", Slot::new(word::TP, 0, 16), 2, Decimal).needs(Needs::Udp).dumps("tp_dst", Never)
        .fixed(Fixed::Exact, Fixed::Exact)
        .headers(&[("NXM_OF_UDP_DST", 12, "1.1", ""), ("OXM_OF_UDP_DST", 16, "1.7", "1.2")])
        .doc("UDP destination port"),
    row("sctp_src", Slot::new(word::TP, 16, 16), 2, Decimal).needs(Needs::Sctp).dumps("tp_src", Never)
        .fixed(Fixed::No, Fixed::Exact)
        .headers(&[("OXM_OF_SCTP_SRC", 17, "2.0", "1.2")])
        .doc("SCTP source port"),
    row("sctp_dst", Slot::new(word::TP, 0, 16), 2, Decimal).needs(Needs::Sctp).dumps("tp_dst", Never)
        .fixed(Fixed::No, Fixed::Exact)
        .headers(&[("OXM_OF_SCTP_DST", 18, "2.0", "1.2")])
        .doc("SCTP destination port"),
    row("tcp_flags", Slot::new(word::TTL, 0, 12), 2, TcpFlags).read_only().needs(Needs::Tcp)
        .shown(Shown::If(&[Needs::Tcp]))
        .headers(&[("NXM_NX_TCP_FLAGS", 34, "2.1", ""), ("ONFOXM_ET_TCP_FLAGS", 42, "2.4", "1.3"), ("OXM_OF_TCP_FLAGS", 42, "2.3", "1.5")])
        .doc("TCP flags"),
];

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
