//! What each matched field means, in a few words.
//!
//! Most fields need no words of their own: their row in the field table says what they are, and [`values`] says whose
//! number it is. What stands here is the fields whose value is a word in disguise.

use super::values::{self, Detail};
use super::{Cx, FieldMeaning, Scene, numbers};
use crate::base::number::Digits;
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::field::bits::Bits;
use crate::field::proto::{self, DL_TYPE, NW_PROTO, Needs, Protocol};
use crate::field::slot::word;
use crate::field::table::{self, FieldId, Format};
use crate::field::{Match, Names};
use crate::model::naming::{Carries, Kind};
use crate::neutron::tables::Side;

/// The words that a dump has for the protocols of a match: that of the Ethernet type, and that of the transport.
pub(super) fn protocols(m: &Match) -> (Option<&'static Protocol>, Option<&'static Protocol>) {
    if !m.has(DL_TYPE) && m.word(word::PACKET_TYPE).1 == 0 {
        return (None, None);
    }
    let dl_type = proto::effective_dl_type(|id| m.word(id).0);
    let network = proto::protocol_by_numbers(dl_type, 0).filter(|_| m.has(DL_TYPE));
    let nw_proto = m.value(NW_PROTO) as u8;
    let transport = proto::protocol_by_numbers(dl_type, nw_proto).filter(|_| m.has(NW_PROTO) && nw_proto != 0);
    (network, transport)
}

/// The fields of a match, in the order in which a dump prints them, each with its meaning.
pub(super) fn meanings(cx: &Cx<'_>, scene: &Scene, m: &Match) -> Vec<FieldMeaning> {
    let (network, transport) = protocols(m);
    let mut out = Vec::new();
    for field in m.fields() {
        match field {
            table::ETH_TYPE if network.is_some() => {
                let Some(word) = transport.or(network) else { continue };
                let mut means = Pieces::default();
                means.say(word.doc);
                out.push(FieldMeaning { field, name: word.name.into(), value: String::new(), means });
            }
            table::NW_PROTO if transport.is_some() => {}
            _ => {
                let (name, value) = printed(m, field, cx.ports);
                let means = meaning(cx, scene, m, field, &value);
                out.push(FieldMeaning { field, name: name.into(), value, means });
            }
        }
    }
    out
}

/// A field's name and value as a dump prints them.
pub(super) fn printed(m: &Match, field: FieldId, names: &Names) -> (String, String) {
    let (tci, mask) = m.word(word::VLAN);
    match field {
        table::DL_VLAN => return ("dl_vlan".to_owned(), (tci & 0xfff).to_string()),
        table::DL_VLAN_PCP => return ("dl_vlan_pcp".to_owned(), (tci >> 13 & 7).to_string()),
        table::VLAN_TCI => {
            let hex = |n: u32| Digits::hex_padded((n & 0xffff).into(), 4).to_string();
            let exact = mask & 0xffff == 0xffff;
            let value = if exact { hex(tci) } else { format!("{}/{}", hex(tci), hex(mask)) };
            return ("vlan_tci".to_owned(), value);
        }
        _ => {}
    }
    let mut text = String::new();
    m.paint_field(&field, names, &mut text);
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (text, String::new()),
    }
}

/// What a field means: what it is, and what its value stands for.
fn meaning(cx: &Cx<'_>, scene: &Scene, m: &Match, field: FieldId, raw: &str) -> Pieces {
    let mut means = Pieces::default();
    if own_words(cx, scene, m, field, &mut means) {
        return means;
    }
    let mut value = Pieces::default();
    reading(cx, m, field, &mut value);
    means.say(doc(m, field));
    let text = value.text();
    let raw = raw.trim_matches('"');
    // Where the reading is the printed value with a remark, the remark is enough beside the value.
    let remark = text.strip_prefix(raw).and_then(|rest| rest.strip_prefix(" (")?.strip_suffix(')'));
    match remark {
        _ if text == raw || text.is_empty() => {}
        Some(remark) => means.say(&format!(": {remark}")),
        None => {
            means.say(": ");
            append(&mut means, &value);
        }
    }
    means
}

/// What a field is. TCP's row stands for every transport that has ports.
pub(super) fn doc(m: &Match, field: FieldId) -> &'static str {
    match field {
        table::TCP_SRC if m.meets(Needs::Udp) => table::UDP_SRC.doc,
        table::TCP_DST if m.meets(Needs::Udp) => table::UDP_DST.doc,
        table::TCP_SRC if m.meets(Needs::Sctp) => table::SCTP_SRC.doc,
        table::TCP_DST if m.meets(Needs::Sctp) => table::SCTP_DST.doc,
        table::TCP_SRC if !m.meets(Needs::Tcp) => "source port",
        table::TCP_DST if !m.meets(Needs::Tcp) => "destination port",
        field => field.doc,
    }
}

/// Adds pieces to others.
pub(super) fn append(to: &mut Pieces, from: &Pieces) {
    for piece in &from.0 {
        match piece.target {
            Some(target) => to.link(target, piece.role, &piece.text),
            None => to.put(piece.role, &piece.text),
        }
    }
}

/// Fields whose meaning is a sentence of its own.
fn own_words(cx: &Cx<'_>, scene: &Scene, m: &Match, field: FieldId, p: &mut Pieces) -> bool {
    let (value, mask) = m.get(&field);
    let (v, k) = (value.to_u64(), mask.to_u64());
    match field {
        table::IN_PORT => {
            p.say("came in by ");
            values::port(cx, v as u32, Detail::Long, p);
        }
        table::CT_STATE => p.say(&ct_state_words(v, k)),
        table::CONJ_ID => {
            p.say("every clause of ");
            p.link(Target::Conjunction(v as u32), Role::Accent, &format!("conjunction {v}"));
            p.say(" is met");
        }
        table::VLAN_TCI => vlan_words(cx, scene, m, p),
        table::DL_VLAN => {
            p.say("VLAN ");
            vlan_id(cx, scene, v as u32, p);
        }
        table::CT_MARK | table::CT_ZONE | table::METADATA | table::PKT_MARK | table::TUN_ID => {
            if !values::carried(cx, scene, field, v, k, p) {
                return false;
            }
        }
        _ if field.slot.word < word::METADATA => return register_words(cx, scene, field, &value, &mask, p),
        _ if field.is_tun_metadata() => {
            if !values::carried(cx, scene, field, v, k, p) {
                return false;
            }
        }
        _ => return false,
    }
    true
}

/// What a register says: what it carries, or else what it is for.
fn register_words(cx: &Cx<'_>, scene: &Scene, field: FieldId, value: &Bits, mask: &Bits, p: &mut Pieces) -> bool {
    let (v, k) = (value.to_u64(), mask.to_u64());
    if values::carried(cx, scene, field, v, k, p) {
        if let Some(words) = port_side(cx, scene, field) {
            p.say(words);
        }
        return true;
    }
    let width = (64 - k.leading_zeros() as u16).saturating_sub(k.trailing_zeros() as u16);
    let known = cx.naming.register_in(scene.scope, field, k.trailing_zeros() as u16, width);
    known.map(|r| p.say(&r.doc)).is_some()
}

/// Whether the port in a register is the one a packet comes from or the one it goes to.
fn port_side(cx: &Cx<'_>, scene: &Scene, field: FieldId) -> Option<&'static str> {
    let is_port = cx.naming.kind == Kind::Integration
        && cx.naming.register(field, 0, field.bits).is_some_and(|r| r.carries == Carries::Port);
    match scene.side {
        Side::Egress if is_port => Some(", which sent the packet"),
        Side::Ingress if is_port => Some(", which the packet goes to"),
        _ => None,
    }
}

/// Paints what a matched value reads as.
pub(super) fn reading(cx: &Cx<'_>, m: &Match, field: FieldId, p: &mut Pieces) {
    let (value, mask) = m.get(&field);
    paint_value(cx, m, field, &value, &mask, p);
}

/// Paints a value of a field under a mask, both as wide as the field's slot.
pub(super) fn paint_value(cx: &Cx<'_>, m: &Match, field: FieldId, value: &Bits, mask: &Bits, p: &mut Pieces) {
    let (v, k) = (value.to_u64(), mask.to_u64());
    let width = u32::from(field.slot.width.min(64));
    match field.format {
        Format::Port => values::port(cx, v as u32, Detail::Short, p),
        Format::Ethernet => values::mac(cx, v, k, p),
        Format::Ipv4 => values::ipv4(cx, v as u32, k as u32, p),
        Format::Ipv6 => values::ipv6(cx, value.to_u128(), mask.to_u128(), p),
        Format::CtState => p.say(&ct_state_words(v, k)),
        Format::TcpFlags => p.say(&tcp_flag_words(v, k)),
        Format::TunFlags => p.say(if v & 1 == 1 { "OAM set" } else { "OAM not set" }),
        Format::Frag => p.say(fragment_words(v, k)),
        Format::PacketType => p.say(&packet_type_words(v)),
        Format::Decimal | Format::Hex => match number_words(m, field, v) {
            Some(words) if mask.is_ones(field.slot.width.into()) => p.say(&words),
            _ if field.format == Format::Decimal => values::range(v, k, width, p),
            _ => {
                p.put(Role::Text, &value.hex());
                if !mask.is_ones(field.slot.width.into()) {
                    p.put(Role::Text, &format!("/{}", mask.hex()));
                }
            }
        },
    }
}

/// Numbers with names: `8 (echo request)`.
fn number_words(m: &Match, field: FieldId, v: u64) -> Option<String> {
    let with = |name: Option<&'static str>| name.map(|n| format!("{v} ({n})"));
    match field {
        table::ETH_TYPE => numbers::ethertype(v as u16).map(|n| format!("0x{v:04x} ({n})")),
        table::NW_PROTO | table::CT_NW_PROTO => with(numbers::protocol(v as u8)),
        table::ARP_OP => with(numbers::arp(v as u16)),
        table::ICMP_TYPE => with(numbers::icmp(v as u8)),
        table::ICMP_CODE => with(numbers::icmp_code(m.value(table::ICMP_TYPE.slot) as u8, v as u8)),
        table::ICMPV6_TYPE => with(numbers::icmpv6(v as u8)),
        table::TCP_SRC
        | table::TCP_DST
        | table::UDP_SRC
        | table::UDP_DST
        | table::SCTP_SRC
        | table::SCTP_DST
        | table::CT_TP_SRC
        | table::CT_TP_DST => with(numbers::service(v as u16)),
        // The row of nw_tos has the six bits of the DSCP, and is printed as the whole byte.
        table::NW_TOS => Some(match numbers::dscp(v as u8) {
            Some(name) => format!("{} (DSCP {v}, {name})", v << 2),
            None => format!("{} (DSCP {v})", v << 2),
        }),
        table::IP_DSCP => with(numbers::dscp(v as u8)),
        table::NW_ECN => with(Some(numbers::ecn(v as u8))),
        table::MPLS_BOS => with(Some(if v == 1 { "the last label" } else { "more labels follow" })),
        _ => None,
    }
}

/// What ct_state flags say together.
pub(super) fn ct_state_words(value: u64, mask: u64) -> String {
    let flags = numbers::CT_STATE.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
    let words: Vec<&str> = flags.map(|(bit, (set, unset))| if value >> bit & 1 == 1 { *set } else { *unset }).collect();
    words.join(", ")
}

/// What TCP flags say.
pub(super) fn tcp_flag_words(value: u64, mask: u64) -> String {
    let name = |is: u64| -> Vec<&str> {
        let bits = (0..12).filter(|bit| mask >> bit & 1 == 1 && value >> bit & 1 == is);
        bits.map(|bit| numbers::TCP_FLAGS[bit]).collect()
    };
    let (set, unset) = (name(1), name(0));
    match (set.is_empty(), unset.is_empty()) {
        (false, true) => format!("{} set", set.join(" and ")),
        (true, false) => format!("{} not set", unset.join(" and ")),
        (false, false) => format!("{} set, {} not set", set.join(" and "), unset.join(" and ")),
        (true, true) => String::new(),
    }
}

/// Which fragments a value of ip_frag takes in. Bit 0 is "a fragment", bit 1 "not the first one".
pub(super) fn fragment_words(value: u64, mask: u64) -> &'static str {
    match (mask & 3, value & mask & 3) {
        (3, 0) | (1, 0) => "not a fragment",
        (3, 1) => "the first fragment",
        (3, 3) | (2, 2) => "a later fragment",
        (1, 1) => "a fragment",
        (2, 0) => "not a later fragment",
        _ => "fragments of a kind that does not exist",
    }
}

fn packet_type_words(value: u64) -> String {
    match (value >> 16, value & 0xffff) {
        (0, 0) => "an Ethernet frame".to_owned(),
        (1, n) => match numbers::ethertype(n as u16) {
            Some(name) => format!("starts with {name}, without an Ethernet header"),
            None => format!("starts with Ethernet type 0x{n:04x}, without an Ethernet header"),
        },
        (namespace, n) => format!("packet type {n:#x} of name space {namespace}"),
    }
}

/// What a VLAN tag that is matched bit by bit says.
pub(super) fn vlan_words(cx: &Cx<'_>, scene: &Scene, m: &Match, p: &mut Pieces) {
    let (tci, mask) = m.word(word::VLAN);
    let (vid, vid_mask) = (tci & 0xfff, mask & 0xfff);
    match (mask & 0x1000 != 0, tci & 0x1000 != 0) {
        (true, false) => p.say("no VLAN tag"),
        (true, true) if vid_mask == 0 => p.say("any VLAN tag"),
        (true, true) if vid_mask == 0xfff => {
            p.say("VLAN ");
            vlan_id(cx, scene, vid, p);
        }
        (true, true) => {
            p.say("VLANs ");
            values::range(vid.into(), vid_mask.into(), 12, p);
        }
        // Flows that are learned compare the number alone.
        (false, _) if vid_mask == 0xfff => {
            p.say("VLAN ");
            vlan_id(cx, scene, vid, p);
            p.say(if vid == 0 { ", or no VLAN tag" } else { "" });
        }
        (false, _) if vid_mask != 0 => p.say(&format!("VLANs whose bits {vid_mask:#x} are {vid:#x}")),
        (false, _) => {}
    }
    if mask & 0xe000 == 0xe000 && tci & 0x1000 != 0 {
        p.say(&format!(", priority {}", tci >> 13 & 7));
    }
}

/// Paints a VLAN number with the network it stands for. On Neutron's bridges it is a local VLAN, but for packets that
/// come from or go to a physical network: those have the VLAN that the network has there.
pub(super) fn vlan_id(cx: &Cx<'_>, scene: &Scene, vid: u32, p: &mut Pieces) {
    p.decimal(Role::Text, vid.into());
    let local = || u16::try_from(vid).ok().and_then(|v| cx.names.network_of_vlan(v));
    let physical = || cx.names.network_of_physical_vlan(vid);
    let is_neutron = matches!(cx.naming.kind, Kind::Integration | Kind::Tunnel | Kind::Provider);
    if vid == 4095 && cx.naming.kind == Kind::Integration {
        return p.say(" (the dead VLAN, of ports that are not wired)");
    }
    let network = match scene.vlan {
        VlanOf::Physical => physical(),
        // A number that no network has here can only be one of a physical network.
        VlanOf::Local if is_neutron => local().or_else(physical),
        VlanOf::Local => None,
    };
    if let Some(network) = network {
        p.say(&format!(" (network {})", network.label()));
    }
}

/// Whose numbers the VLANs of a flow are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum VlanOf {
    /// This node's own.
    #[default]
    Local,
    /// Those of a physical network.
    Physical,
}

impl VlanOf {
    /// Whose number a packet gets that has one of these: the bridges between this node and a physical network
    /// translate.
    pub(super) fn other(self, kind: Kind) -> VlanOf {
        match (self, kind) {
            (VlanOf::Physical, Kind::Integration) => VlanOf::Local,
            (VlanOf::Local, Kind::Provider) => VlanOf::Physical,
            (same, _) => same,
        }
    }
}
