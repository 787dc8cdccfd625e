//! What the actions without a destination table do: writing fields, headers, sending out, and the rest.

use super::actions::nat_words;
use super::fields::paint_value;
use super::values::{self, Detail, register, registers};
use super::{Cx, Scene, numbers};
use crate::action::Action;
use crate::action::header::{Decap, Encap};
use crate::action::misc::{Multipath, Sample};
use crate::action::output::{Bundle, Controller, Output};
use crate::action::set::{SetField, Spelled};
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::field::bits::Bits;
use crate::field::names::port;
use crate::field::proto::Needs;
use crate::field::slot::word;
use crate::field::table::{self, FieldId};
use crate::field::{Match, Subfield};
use crate::model::naming::{Carries, Kind};
use crate::neutron::names::PortKind;
use crate::neutron::ovn::opcodes::opcode;

/// Paints what an action does, said of the packet, and tells where it leads.
pub(super) fn verb(cx: &Cx<'_>, scene: &Scene, base: &Match, action: &Action, p: &mut Pieces) -> Option<Target> {
    match action {
        Action::Output(a) => return output(cx, a, p),
        Action::OutputReg(a) => p.say(&format!("leaves by the port that {} names", subfield(cx, scene, &a.source))),
        Action::OutputTrunc(a) => {
            p.say(&format!("leaves (cut to {} bytes) by ", a.max_len));
            values::port(cx, a.port, Detail::Long, p);
            return Some(Target::Port(a.port));
        }
        Action::Controller(a) => controller(cx, a, p),
        Action::Enqueue(a) => {
            p.say(&format!("leaves through queue {} of ", a.queue));
            values::port(cx, a.port, Detail::Long, p);
            return Some(Target::Port(a.port));
        }
        Action::Bundle(a) => bundle(cx, scene, a, p),
        Action::SetField(a) => set_field(cx, scene, base, a, p),
        Action::Move(a) => {
            p.say(&format!("has {} copied into {}", subfield(cx, scene, &a.from), subfield(cx, scene, &a.to)));
        }
        Action::Push(a) => p.say(&format!("has {} put aside", subfield(cx, scene, &a.0))),
        Action::Pop(a) => p.say(&format!("gets back the {} that was put aside", subfield(cx, scene, &a.0))),
        Action::DeleteField(a) => p.say(&format!("loses the tunnel option {}", a.0.name)),
        Action::PopVlan(_) => p.say("loses its VLAN tag"),
        Action::PushVlan(a) => p.say(match a.0 {
            0x88a8 => "gets a service VLAN tag (802.1ad)",
            _ => "gets a VLAN tag",
        }),
        Action::PushMpls(_) => p.say("gets an MPLS header"),
        Action::PopMpls(a) => {
            p.say("loses its MPLS header");
            if let Some(name) = numbers::ethertype(a.0) {
                p.say(&format!(", behind which {name} begins"));
            }
        }
        Action::DecTtl(_) => p.say("has its time to live lowered by one, or goes to the controller if none is left"),
        Action::DecMplsTtl(_) => p.say("has its MPLS time to live lowered by one"),
        Action::DecNshTtl(_) => p.say("has its NSH time to live lowered by one"),
        Action::Encap(a) => encap(a, p),
        Action::Decap(a) => decap(a, p),
        Action::WriteActions(_) => p.say("gets actions that are done when no table is left"),
        Action::ClearActions(_) => p.say("loses the actions that were put off until no table is left"),
        Action::WriteMetadata(a) => {
            let (value, mask) = (Bits::from_u64(a.value, 64), Bits::from_u64(a.mask, 64));
            let set = SetField { field: table::METADATA, value, mask, spelled: Spelled::SetField };
            set_field(cx, scene, base, &set, p);
        }
        Action::Clone(_) => p.say("is copied, and this is done to the copy"),
        Action::Exit(_) => p.say("goes no further: whatever follows is left out, in the tables that led here, too"),
        Action::CtClear(_) => p.put(Role::Ct, "loses what connection tracking said of it"),
        Action::Nat(a) => nat_words(a, p),
        Action::Multipath(a) => multipath(cx, scene, a, p),
        Action::SetQueue(a) => p.say(&format!("uses queue {} of the port it leaves by", a.0)),
        Action::PopQueue(_) => p.say("uses the usual queue again"),
        Action::FinTimeout(a) => {
            p.say("makes the flow expire sooner once its TCP connection ends");
            p.say(&match (a.idle_timeout, a.hard_timeout) {
                (0, 0) => String::new(),
                (idle, 0) => format!(" (idle after {idle} s)"),
                (0, hard) => format!(" (after {hard} s)"),
                (idle, hard) => format!(" (idle after {idle} s, or after {hard} s)"),
            });
        }
        Action::Note(a) => p.say(&format!("is left as it is: {} bytes are only noted here", a.data.len())),
        Action::Sample(a) => sample(a, p),
        Action::CheckPktLarger(a) => {
            p.say(&format!("has {} set if it is longer than {} bytes", subfield(cx, scene, &a.to), a.length));
        }
        Action::DebugRecirc(_) => p.say("is looked up once more, for debugging"),
        Action::DebugSlow(_) => p.say("takes the slow path, for debugging"),
        Action::Raw(_) => p.put(Role::Bad, "meets an action that is not known"),
        // These lead on, and are told with what they lead to.
        Action::Resubmit(_)
        | Action::GotoTable(_)
        | Action::Ct(_)
        | Action::Group(_)
        | Action::Meter(_)
        | Action::Learn(_)
        | Action::Conjunction(_) => {}
    }
    None
}

fn output(cx: &Cx<'_>, a: &Output, p: &mut Pieces) -> Option<Target> {
    let words = match a.port {
        port::NORMAL => "is switched by MAC address (NORMAL)",
        port::IN_PORT => "goes back out of the port it came in by",
        port::FLOOD => "leaves by every port that floods, but not by the one it came in by",
        port::ALL => "leaves by every port but the one it came in by",
        port::TABLE => "starts over in the tables",
        port::NONE => "goes nowhere",
        port::LOCAL => "is handed to the host, by the bridge's own port",
        port::CONTROLLER => {
            p.put(Role::Output, &format!("goes to {}", controller_name(cx)));
            return None;
        }
        _ => "",
    };
    if !words.is_empty() {
        p.put(Role::Output, words);
        return None;
    }
    let known = cx.names.port(cx.bridge_name(), a.port);
    p.say(match known.map(|k| &k.kind) {
        Some(PortKind::Instance) => "is delivered to ",
        Some(PortKind::Service(_)) => "is handed to ",
        Some(PortKind::Patch { .. } | PortKind::Tunnel { .. } | PortKind::Bridge | PortKind::Other) | None => {
            "leaves by "
        }
    });
    values::port(cx, a.port, Detail::Long, p);
    Some(Target::Port(a.port))
}

/// Who takes what is sent to the controller.
fn controller_name(cx: &Cx<'_>) -> &'static str {
    match cx.naming.kind {
        Kind::OvnIntegration | Kind::OvnProvider => "ovn-controller",
        Kind::Integration | Kind::Tunnel | Kind::Provider => "the Neutron agent",
        Kind::Unknown | Kind::Trunk | Kind::External => "the controller",
    }
}

fn controller(cx: &Cx<'_>, a: &Controller, p: &mut Pieces) {
    p.put(Role::Output, &format!("goes to {}", controller_name(cx)));
    let asked = opcode(&a.userdata).filter(|_| cx.naming.kind == Kind::OvnIntegration);
    match asked {
        Some(op) => p.say(&format!(" (which {})", op.doc)),
        None if a.pause => p.say(" and waits for its answer"),
        None => {}
    }
    if let Some(id) = a.meter_id {
        p.say(" as far as ");
        p.link(Target::Meter(id), Role::Text, &format!("meter {id}"));
        p.say(" lets it");
    }
}

fn bundle(cx: &Cx<'_>, scene: &Scene, a: &Bundle, p: &mut Pieces) {
    const NAMED: usize = 8;
    if a.members.is_empty() {
        return p.say("meets a bundle without ports");
    }
    match &a.destination {
        Some(to) => p.say(&format!("gets into {} the number of ", subfield(cx, scene, to))),
        None => p.say("leaves by "),
    }
    p.say(if a.active_backup { "the first live one of " } else { "one of " });
    for (at, member) in a.members.iter().take(NAMED).enumerate() {
        p.say(match at {
            0 => "",
            at if at + 1 == a.members.len() => " and ",
            _ => ", ",
        });
        values::port(cx, *member, Detail::Short, p);
    }
    if a.members.len() > NAMED {
        p.say(&format!(" and {} more", a.members.len() - NAMED));
    }
    if !a.active_backup {
        p.say(&format!(" (chosen by hashing {})", hashed(a.fields.name())));
    }
}

/// The ways to hash, in words.
fn hashed(name: &str) -> &str {
    match name {
        "eth_src" => "the source MAC address",
        "nw_src" => "the source IP address",
        "nw_dst" => "the destination IP address",
        "symmetric_l3" => "both IP addresses",
        "symmetric_l3l4" | "symmetric_l3l4+udp" => "addresses and ports",
        _ => "MAC addresses, IP addresses and ports",
    }
}

fn multipath(cx: &Cx<'_>, scene: &Scene, a: &Multipath, p: &mut Pieces) {
    let last = a.n_links.saturating_sub(1);
    let to = subfield(cx, scene, &a.to);
    p.say(&format!("gets into {to} a number from 0 to {last}, by hashing {}", hashed(a.fields.name())));
}

fn sample(a: &Sample, p: &mut Pieces) {
    p.say("is sampled for collectors");
    if a.probability < u16::MAX {
        // The probability counts in 65535ths.
        let percent = f64::from(a.probability) * 100.0 / 65535.0;
        p.say(&format!(" ({percent:.2} of 100 packets)"));
    }
}

fn encap(a: &Encap, p: &mut Pieces) {
    p.say(match a.packet_type {
        0 => "gets an Ethernet header in front",
        0x1_894f => "gets a network service header in front",
        0x1_8847 | 0x1_8848 => "gets an MPLS header in front",
        _ => "gets another header in front",
    });
}

fn decap(a: &Decap, p: &mut Pieces) {
    p.say("loses its first header");
    if let Some(name) = a.packet_type.and_then(|t| numbers::ethertype(t as u16)).filter(|_| a.packet_type != Some(0)) {
        p.say(&format!(", behind which {name} begins"));
    }
}

/// Short names of fields, as things that a packet has.
const NOUNS: &[(FieldId, &str)] = &[
    (table::ETH_SRC, "source MAC address"),
    (table::ETH_DST, "destination MAC address"),
    (table::VLAN_VID, "VLAN"),
    (table::DL_VLAN, "VLAN"),
    (table::VLAN_PCP, "VLAN priority"),
    (table::DL_VLAN_PCP, "VLAN priority"),
    (table::VLAN_TCI, "VLAN tag"),
    (table::IP_SRC, "source address"),
    (table::IP_DST, "destination address"),
    (table::IPV6_SRC, "source address"),
    (table::IPV6_DST, "destination address"),
    (table::TCP_SRC, "source port"),
    (table::TCP_DST, "destination port"),
    (table::UDP_SRC, "source port"),
    (table::UDP_DST, "destination port"),
    (table::SCTP_SRC, "source port"),
    (table::SCTP_DST, "destination port"),
    (table::ICMP_TYPE, "ICMP type"),
    (table::ICMP_CODE, "ICMP code"),
    (table::ICMPV6_TYPE, "ICMPv6 type"),
    (table::ICMPV6_CODE, "ICMPv6 code"),
    (table::ARP_OP, "ARP operation"),
    (table::ARP_SPA, "ARP sender address"),
    (table::ARP_TPA, "ARP target address"),
    (table::ARP_SHA, "ARP sender MAC address"),
    (table::ARP_THA, "ARP target MAC address"),
    (table::ND_TARGET, "neighbour address"),
    (table::NW_TOS, "DSCP"),
    (table::IP_DSCP, "DSCP"),
    (table::NW_ECN, "congestion notification"),
    (table::NW_TTL, "time to live"),
    (table::TUN_ID, "tunnel key"),
    (table::METADATA, "metadata"),
    (table::PKT_MARK, "packet mark"),
    (table::CT_MARK, "connection mark"),
    (table::CT_LABEL, "connection label"),
    (table::CT_ZONE, "zone"),
    (table::IN_PORT, "input port"),
    (table::IN_PORT_OXM, "input port"),
    (table::MPLS_LABEL, "MPLS label"),
    (table::MPLS_TC, "MPLS traffic class"),
    (table::MPLS_TTL, "MPLS time to live"),
];

/// What a field is called as a thing that a packet has; its own name where no other is shorter.
fn noun(field: FieldId) -> &'static str {
    let known = NOUNS.iter().find(|(f, _)| *f == field).map(|(_, noun)| *noun);
    known.unwrap_or(match field.name {
        "tun_src" | "tun_ipv6_src" => "tunnel source",
        "tun_dst" | "tun_ipv6_dst" => "tunnel destination",
        "nd_sll" => "neighbour's MAC address",
        "nd_tll" => "advertised MAC address",
        "nd_reserved" => "neighbour message's flags",
        "nd_options_type" => "type of the neighbour message's option",
        name => name,
    })
}

/// Bits of a field in words: `destination MAC address`, `reg6[0..15] (the network)`.
pub(super) fn subfield(cx: &Cx<'_>, scene: &Scene, s: &Subfield) -> String {
    let bits = match (s.is_whole(), s.width) {
        (true, _) => String::new(),
        (false, 1) => format!("[{}]", s.offset),
        (false, _) => format!("[{}..{}]", s.offset, s.offset.saturating_add(s.width - 1)),
    };
    // Bits of xreg and xxreg are bits of the registers they are made of.
    let (field, offset) = part_of_register(s).unwrap_or((s.field, s.offset));
    let known = cx.naming.register_in(scene.scope, field, offset, s.width);
    match known {
        Some(r) if r.carries == Carries::LocalVlan => format!("{}{bits} (the network)", s.field.name),
        Some(r) => format!("{}{bits} ({})", s.field.name, r.name),
        None => format!("{}{bits}", noun(s.field)),
    }
}

/// The register and the bit in it where some bits of a wider one begin, if they lie in one register.
fn part_of_register(s: &Subfield) -> Option<(FieldId, u16)> {
    let slot = s.field.slot;
    if slot.word >= word::METADATA || slot.width <= 32 {
        return None;
    }
    let from_end = s.offset / 32;
    let first = slot.word + slot.n_words() - 1 - from_end;
    let offset = s.offset % 32;
    (offset + s.width <= 32).then(|| register(first)).flatten().map(|field| (field, offset))
}

/// What writing a field does.
fn set_field(cx: &Cx<'_>, scene: &Scene, base: &Match, a: &SetField, p: &mut Pieces) {
    let value = &a.value;
    match a.field {
        table::IN_PORT | table::IN_PORT_OXM if value.to_u64() == u64::from(port::NONE) => {
            return p.say("forgets the port it came in by, so that it may leave there again");
        }
        _ if a.mask.is_zero() => return p.say(&format!("keeps its {}", noun(a.field))),
        table::VLAN_VID | table::DL_VLAN => {
            p.say("gets VLAN ");
            let to = Scene { vlan: scene.vlan.other(cx.naming.kind), ..scene.clone() };
            return super::fields::vlan_id(cx, &to, value.to_u64() as u32 & 0xfff, p);
        }
        table::VLAN_TCI if value.is_zero() => return p.say("loses its VLAN tag"),
        table::NW_TOS => return dscp(value.to_u64() >> 2, p),
        table::IP_DSCP => return dscp(value.to_u64(), p),
        table::CT_MARK if cx.naming.kind == Kind::Integration && value.to_u64() == 1 => {
            return p.say("has its connection marked as one that lost its rule (ct_mark=0x1)");
        }
        _ => {}
    }
    let parts = registers(a.field, value, &a.mask);
    if !parts.is_empty() {
        return set_registers(cx, scene, base, a, &parts, p);
    }
    let width = usize::from(a.field.slot.width.min(a.field.bytes * 8));
    // Some fields are narrower than the slot that they share with others.
    let mask = if a.is_exact() { Bits::ones(a.field.slot.width.into()) } else { a.mask.slice(0, width) };
    let value = value.slice(0, width);
    let mut carried = Pieces::default();
    if values::carried(cx, scene, a.field, value.to_u64(), mask.to_u64(), &mut carried) {
        p.say(&format!("gets {} {} (", noun(a.field), value.hex()));
        super::fields::append(p, &carried);
        return p.say(")");
    }
    p.say(&format!("gets {} ", noun(a.field)));
    paint_value(cx, base, a.field, &value, &mask, p);
}

fn dscp(n: u64, p: &mut Pieces) {
    p.say(&format!("gets DSCP {n}"));
    if let Some(name) = numbers::dscp(n as u8) {
        p.say(&format!(" ({name})"));
    }
}

/// What writing registers does: what they carry, or their bits by name.
fn set_registers(
    cx: &Cx<'_>,
    scene: &Scene,
    base: &Match,
    a: &SetField,
    parts: &[(FieldId, u32, u32)],
    p: &mut Pieces,
) {
    if cx.naming.kind.is_ovn() && a.is_exact() && parts.len() == 4 && !base.meets(Needs::Ipv4) {
        p.say(&format!("gets {} ", a.field.name));
        return values::ipv6(cx, a.value.to_u128(), u128::MAX, p);
    }
    let mut words = Vec::new();
    for &(field, value, mask) in parts {
        let mut carried = Pieces::default();
        let single = mask.is_power_of_two().then(|| mask.trailing_zeros() as u16);
        let flag = single.and_then(|bit| cx.naming.register_in(scene.scope, field, bit, 1).filter(|r| r.bits.1 == 1));
        let mut line = Pieces::default();
        let whole = cx.naming.register_in(scene.scope, field, 0, 32).filter(|_| mask == u32::MAX && value != 0);
        let address = whole.filter(|r| r.carries == Carries::Ipv4 && parts.len() == 1 && !base.meets(Needs::Ipv6));
        if let Some(address) = address {
            line.say(&format!("gets {} ", address.name));
            values::ipv4(cx, value, u32::MAX, &mut line);
            line.say(&format!(" in {}", field.name));
        } else if let Some(flag) = flag {
            let done = if value & mask == 0 { "cleared" } else { "set" };
            line.say(&format!("has \"{}\" {done}", flag.name));
        } else if values::carried(cx, scene, field, value.into(), mask.into(), &mut carried) {
            line.say(&format!("gets {}={} (", field.name, Bits::from_u64(value.into(), 32).hex()));
            super::fields::append(&mut line, &carried);
            line.say(")");
        } else {
            let masked = if mask == u32::MAX { String::new() } else { format!("/{mask:#x}") };
            line.say(&format!("gets {}={}{masked}", field.name, Bits::from_u64(value.into(), 32).hex()));
            // A register that is cleared before it is used says nothing by its name.
            if let Some(r) = whole.filter(|r| r.carries == Carries::Bits) {
                line.say(&format!(" ({})", r.name));
            }
        }
        words.push(line);
    }
    if words.is_empty() {
        return p.say(&format!("gets {}={}", a.field.name, a.value.hex()));
    }
    // One verb will do for all.
    let is_got = |p: &Pieces| p.0.first().is_some_and(|piece| piece.text.starts_with(GETS));
    if words.iter().all(is_got) {
        words.iter_mut().skip(1).for_each(|p| p.0[0].text.replace_range(..GETS.len(), ""));
    }
    super::actions::joined(&words, p);
}

const GETS: &str = "gets ";
