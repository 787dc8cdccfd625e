//! The rows of [the table](super), one a field or family of fields, in the order in which dumps print them.
//!
//! Reading a row: the name, where its bits live, how many bytes a value of it has and how it is written; then what is
//! not as usual (no mask, read only, prerequisites, another name or spelling in dumps), the NXM and OXM headers with
//! the Open vSwitch release and the OpenFlow version that brought them, and what the field is.

use super::{Dump, Fixed, Format, Quirk, Row, Shown, row};
use crate::field::proto::Needs;
use crate::field::slot::{Slot, word};

use Dump::*;
use Format::{CtState, Decimal, Ethernet, Frag, Hex, Ipv4, Ipv6, PacketType, Port, TcpFlags, TunFlags};

const fn whole(word: u16) -> Slot {
    Slot::new(word, 0, 32)
}

const fn wide(word: u16, width: u16) -> Slot {
    Slot::new(word, 0, width)
}

const IPV6_ONLY: Shown = Shown::If(&[Needs::Ipv6]);
const ARP_ONLY: Shown = Shown::If(&[Needs::Arp]);
const NSH_ONLY: Shown = Shown::If(&[Needs::Nsh]);
const ICMPV6_ONLY: Shown = Shown::If(&[Needs::Icmpv6]);
const NOT_ICMP: Shown = Shown::Unless(&[Needs::Icmpv4, Needs::Icmpv6]);
const NOT_ADDRESSED_OTHERWISE: Shown = Shown::Unless(&[Needs::Ipv6, Needs::Arp, Needs::Nsh]);

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
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
