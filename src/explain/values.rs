//! Numbers as people call them: ports, addresses, networks, registers.
//!
//! Everything here paints one value. A name comes only from what is known of the node, or from a registry; without one
//! the number stands as it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Cx, Scene, numbers};
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::field::bits::Bits;
use crate::field::format;
use crate::field::names::port as reserved;
use crate::field::slot::word;
use crate::field::table::{self, FieldId};
use crate::model::flow::TableId;
use crate::model::naming::{Carries, RegisterWord, Scope};
use crate::neutron::names::{PortKind, short_id};

/// How much is said of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Its name.
    Short,
    /// Its name, and what it is.
    Long,
}

/// Paints a table with its name: `table 93 (DROPPED_TRAFFIC)`.
pub(super) fn table(cx: &Cx<'_>, scope: Option<Scope>, id: TableId, p: &mut Pieces) {
    let named = cx.naming.table(id).map(|t| t.name_in(scope).to_owned());
    let named = named.or_else(|| cx.ports.table_name(id).map(ToString::to_string));
    let text = match named {
        Some(name) => format!("table {id} ({name})"),
        None => format!("table {id}"),
    };
    p.link(Target::Table(id), Role::Goto, &text);
}

/// Paints a port that packets come from or go to.
pub(super) fn port(cx: &Cx<'_>, number: u32, detail: Detail, p: &mut Pieces) {
    let role = Role::Output;
    let known = cx.names.port(cx.bridge_name(), number);
    if number == reserved::LOCAL {
        p.link(Target::Port(number), role, "the bridge's own port");
        return;
    }
    if let Some(name) = reserved::reserved_name(number) {
        p.link(Target::Port(number), role, name);
        return;
    }
    let name = cx.ports.port_name(number);
    let Some(known) = known else {
        let text = name.map_or_else(|| format!("port {number}"), |n| n.to_string());
        p.link(Target::Port(number), role, &text);
        if detail == Detail::Long && !text.starts_with("port ") && number < reserved::NAMED {
            p.say(&format!(" (port {number})"));
        }
        return;
    };
    p.link(Target::Port(number), role, known.label());
    if detail == Detail::Short {
        return;
    }
    let mut rest = Vec::new();
    if known.label() != &*known.name {
        rest.push(known.name.to_string());
    }
    match &known.kind {
        PortKind::Instance if !known.instance.is_empty() && known.title.is_empty() => {
            rest.push(format!("instance {}", short_id(&known.instance)));
        }
        PortKind::Service(what) => rest.push((*what).to_owned()),
        PortKind::Patch { bridge, peer } if bridge.is_empty() => rest.push(format!("the patch port to {peer}")),
        PortKind::Patch { bridge, .. } => rest.push(format!("the patch port to bridge {bridge}")),
        PortKind::Tunnel { kind, remote } if remote.is_empty() => rest.push(format!("a {kind} tunnel")),
        PortKind::Tunnel { kind, remote } => rest.push(format!("the {kind} tunnel to {remote}")),
        PortKind::Instance | PortKind::Bridge | PortKind::Other => {}
    }
    if number < reserved::NAMED {
        rest.push(format!("port {number}"));
    }
    if !rest.is_empty() {
        p.say(&format!(" ({})", rest.join(", ")));
    }
}

/// Paints a MAC address with whose it is: `fa:16:3e:00:00:01 (vm1)`.
pub(super) fn mac(cx: &Cx<'_>, value: u64, mask: u64, p: &mut Pieces) {
    const EXACT: u64 = 0xffff_ffff_ffff;
    if mask == EXACT {
        match mac_words(cx, value) {
            Some(words) if numbers::mac(value) == Some("broadcast") => {
                return p.put(Role::Addr, &format!("every station ({words})"));
            }
            Some(words) => {
                format::paint_mac(value, p);
                p.say(&format!(" ({words})"));
            }
            None => format::paint_mac(value, p),
        }
        return;
    }
    if let Some(words) = numbers::mac_group(value, mask) {
        return p.put(Role::Addr, words);
    }
    format::paint_mac(value, p);
    p.put(Role::Addr, "/");
    format::paint_mac(mask, p);
}

/// Whose MAC address it is, or what it stands for.
pub(super) fn mac_words(cx: &Cx<'_>, mac: u64) -> Option<String> {
    // fa:16:3f is where DVR MAC addresses of hosts begin unless an operator chose otherwise (`dvr_base_mac`).
    let dvr =
        || (mac >> 24 == 0xfa_163f && !cx.naming.kind.is_ovn()).then(|| "the DVR MAC address of a host".to_owned());
    let owner = cx.names.owner_of_mac(mac).map(ToString::to_string);
    owner.or_else(|| numbers::mac(mac).map(str::to_owned)).or_else(dvr)
}

/// Paints an IPv4 address or a range of them.
pub(super) fn ipv4(cx: &Cx<'_>, address: u32, mask: u32, p: &mut Pieces) {
    format::paint_ipv4(address, mask, p);
    let words = match mask {
        u32::MAX => {
            let owner = cx.names.owner_of_address(IpAddr::V4(Ipv4Addr::from(address))).map(ToString::to_string);
            owner.or_else(|| numbers::ipv4(address).map(str::to_owned))
        }
        _ if mask.leading_ones() == mask.count_ones() => {
            numbers::ipv4_prefix(address, mask.leading_ones()).map(str::to_owned)
        }
        _ => None,
    };
    if let Some(words) = words {
        p.say(&format!(" ({words})"));
    }
}

/// Paints an IPv6 address or a range of them.
pub(super) fn ipv6(cx: &Cx<'_>, address: u128, mask: u128, p: &mut Pieces) {
    format::paint_ipv6(address, mask, p);
    let words = match mask {
        u128::MAX => ipv6_words(cx, address),
        _ if mask.leading_ones() == mask.count_ones() => {
            numbers::ipv6_prefix(address, mask.leading_ones()).map(str::to_owned)
        }
        _ => None,
    };
    if let Some(words) = words {
        p.say(&format!(" ({words})"));
    }
}

fn ipv6_words(cx: &Cx<'_>, address: u128) -> Option<String> {
    let owner = cx.names.owner_of_address(IpAddr::V6(Ipv6Addr::from(address))).map(ToString::to_string);
    let of_mac = || {
        let owner = cx.names.owner_of_mac(numbers::mac_in_ipv6(address)?)?;
        Some(match numbers::ipv6(address) {
            Some(words) => format!("{words} of {owner}"),
            None => owner.to_string(),
        })
    };
    owner.or_else(of_mac).or_else(|| numbers::ipv6(address).map(str::to_owned))
}

/// Paints a number that may be matched in part, as a range where it is one: `80`, `8000 to 8063`.
pub(super) fn range(value: u64, mask: u64, width: u32, p: &mut Pieces) {
    let ones = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    let open = !mask & ones;
    if open == 0 {
        p.decimal(Role::Text, value);
    } else if open & open.wrapping_add(1) == 0 {
        p.decimal(Role::Text, value);
        p.say(if open == 1 { " and " } else { " to " });
        p.decimal(Role::Text, value | open);
    } else {
        p.say(&format!("numbers whose bits {mask:#x} are {value:#x}"));
    }
}

/// Paints a TCP, UDP or SCTP port, or a range of them: `port 53 (DNS)`, `ports 8000 to 8063`.
pub(super) fn transport_port(value: u16, mask: u16, p: &mut Pieces) {
    if mask == u16::MAX {
        p.say(&format!("port {value}"));
        if let Some(name) = numbers::service(value) {
            p.say(&format!(" ({name})"));
        }
        return;
    }
    p.say("ports ");
    range(value.into(), mask.into(), 16, p);
}

/// Paints a local VLAN: `network blue`, or its number.
pub(super) fn local_vlan(cx: &Cx<'_>, vlan: u32, p: &mut Pieces) {
    let network = u16::try_from(vlan).ok().and_then(|v| cx.names.network_of_vlan(v));
    match network {
        Some(network) => p.put(Role::Accent, &format!("network {}", network.label())),
        None => p.say(&format!("local VLAN {vlan}")),
    }
}

/// Paints a logical datapath of OVN: `logical switch app-net`.
pub(super) fn datapath(cx: &Cx<'_>, key: u64, p: &mut Pieces) {
    let known = cx.naming.datapath(key);
    let what = match known.and_then(|d| d.scope) {
        Some(Scope::Switch) => "logical switch",
        Some(Scope::Router) => "logical router",
        None => "logical datapath",
    };
    match known.filter(|d| !d.name.is_empty()) {
        Some(known) => p.put(Role::Accent, &format!("{what} {}", known.name)),
        None => p.put(Role::Accent, &format!("{what} {key}")),
    }
}

/// Paints a logical port of a datapath, or a group of them.
pub(super) fn logical_port(cx: &Cx<'_>, datapath: Option<u64>, key: u32, p: &mut Pieces) {
    /// The first number of multicast groups (`OVN_MIN_MULTICAST`).
    const GROUPS: u32 = 0x8000;
    let known = datapath.and_then(|d| cx.names.logical_port(d, key));
    let name = known.map(|port| if port.label.is_empty() { short_id(&port.name) } else { port.label.to_string() });
    let what = match known.map(|port| &*port.kind) {
        Some("group") => "the ports of",
        Some("localnet") => "the physical network",
        Some("patch" | "l3gateway" | "chassisredirect") => "the router port",
        None if key >= GROUPS => "group",
        _ => "logical port",
    };
    match name {
        Some(name) => p.put(Role::Accent, &format!("{what} {name}")),
        None if key == 0 => p.say("no logical port"),
        None => p.put(Role::Accent, &format!("{what} {key}")),
    }
}

/// Paints a zone of connection tracking.
pub(super) fn zone(cx: &Cx<'_>, number: u32, p: &mut Pieces) {
    p.say("zone ");
    p.decimal(Role::Ct, number.into());
    if let Some(name) = u16::try_from(number).ok().and_then(|n| cx.names.zone(n)) {
        p.say(&format!(" ({name})"));
    }
}

/// The registers that a field is made of, each with its part of value and mask; empty for other fields.
pub(super) fn registers(field: FieldId, value: &Bits, mask: &Bits) -> Vec<(FieldId, u32, u32)> {
    let slot = field.slot;
    let is_register = slot.word < word::METADATA && slot.width >= 32;
    if !is_register {
        return Vec::new();
    }
    let parts = slot.spread(value).zip(slot.spread(mask));
    parts
        .filter(|(_, (_, mask))| *mask != 0)
        .filter_map(|((id, value), (_, mask))| Some((register(id)?, value & mask, mask)))
        .collect()
}

/// The register whose word it is.
pub(super) fn register(id: u16) -> Option<FieldId> {
    let n = u8::try_from(id.checked_sub(word::REG)?).ok()?;
    // Registers 16 to 31 are a family of their own, which follows the first.
    (n < 32).then(|| table::REG.nth(n))
}

/// Paints what bits of a field carry, if that is known: `port vm2`, `network blue`, `"ACL hint: allow" is set`.
pub(super) fn carried(cx: &Cx<'_>, scene: &Scene, field: FieldId, value: u64, mask: u64, p: &mut Pieces) -> bool {
    let width = field.slot.width.min(64);
    let ones = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    let offset = mask.trailing_zeros() as u16;
    let taken = 64 - mask.leading_zeros() as u16;
    if mask == 0 || taken > width {
        return false;
    }
    let whole = cx.naming.register_in(scene.scope, field, offset, taken - offset);
    let is_run = mask == (ones >> (width - taken)) & (u64::MAX << offset);
    if let Some(register) = whole.filter(|r| is_run && (r.carries != Carries::Bits || r.bits.1 == 1)) {
        return carried_by(cx, scene, register, value >> offset, p);
    }
    let words = bit_words(cx, scene, field, value, mask);
    if words.is_empty() {
        return false;
    }
    p.say(&listed(&words));
    true
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// What single bits say, in words. Of many, only those that are set are named.
fn bit_words(cx: &Cx<'_>, scene: &Scene, field: FieldId, value: u64, mask: u64) -> Vec<String> {
    let told = if mask.count_ones() > 4 { mask & value } else { mask };
    let bits = (0..field.slot.width.min(64)).filter(|bit| told >> bit & 1 == 1);
    bits.filter_map(|bit| {
        let word = cx.naming.register_in(scene.scope, field, bit, 1).filter(|r| r.bits.1 == 1)?;
        let is = if value >> bit & 1 == 1 { "is set" } else { "is not set" };
        Some(format!("\"{}\" {is}", word.name))
    })
    .collect()
}

/// Paints what one register carries, `value` being moved down to bit 0.
fn carried_by(cx: &Cx<'_>, scene: &Scene, register: &RegisterWord, value: u64, p: &mut Pieces) -> bool {
    let n = u32::try_from(value).unwrap_or(u32::MAX);
    match register.carries {
        Carries::Port => {
            p.say("port ");
            port(cx, n, Detail::Short, p);
        }
        Carries::LocalVlan => local_vlan(cx, n, p),
        Carries::Datapath => datapath(cx, value, p),
        Carries::LogicalPort => logical_port(cx, scene.datapath, n, p),
        Carries::Conjunction => p.link(Target::Conjunction(n), Role::Accent, &format!("conjunction {n}")),
        Carries::Zone => zone(cx, n, p),
        Carries::Segment => match cx.names.network_of_tunnel_key(n) {
            Some(network) => p.put(Role::Accent, &format!("network {}", network.label())),
            None => return false,
        },
        Carries::Bits | Carries::Refusal if register.bits.1 == 1 => {
            let is = if value & 1 == 1 { "is set" } else { "is not set" };
            p.say(&format!("\"{}\" {is}", register.name));
        }
        // Which protocol the packet has decides what the bits are.
        Carries::Ipv4 | Carries::Bits | Carries::Refusal => return false,
    }
    true
}
