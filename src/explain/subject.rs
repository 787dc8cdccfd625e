//! Which packets a match takes, as the subject of a sentence: `Every IPv4 TCP packet to port 80 that begins a new
//! connection`.

use super::fields::{ct_state_words, fragment_words, protocols, reading, tcp_flag_words, vlan_id, vlan_words};
use super::values::{self, Detail};
use super::{Cx, Scene, fields, numbers};
use crate::base::paint::{Painter, Pieces, Role, Target};
use crate::field::Match;
use crate::field::proto::{self, DL_TYPE, NW_PROTO, Needs, ethertype};
use crate::field::slot::word;
use crate::field::table::{self, FieldId};
use crate::model::naming::{Carries, Kind};
use crate::neutron::tables::Side;

/// Where in the subject the words of a field stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Directly behind the noun, with their own preposition.
    Near,
    /// After "from".
    From,
    /// After "to".
    To,
    /// Behind those, with their own preposition.
    With,
    /// A clause with its own "that" or "whose".
    That,
}

/// The words of a field, and where they stand.
struct Clause {
    place: Place,
    words: Pieces,
}

/// Paints the subject: the noun with everything that is said of it. `leftover` is said of packets that other flows
/// leave over.
pub(super) fn subject(cx: &Cx<'_>, scene: &Scene, m: &Match, leftover: &str, p: &mut Pieces) {
    let mut said = Vec::new();
    p.say("Every ");
    noun(m, &mut said, p);
    said.extend(told_by_port(cx, scene, m));
    let fields = m.fields();
    let clauses: Vec<Clause> =
        fields.iter().filter(|f| !said.contains(*f)).filter_map(|f| clause(cx, scene, m, *f)).collect();
    let group = |place| clauses.iter().filter(move |c| c.place == place);
    for clause in group(Place::Near) {
        p.say(" ");
        fields::append(p, &clause.words);
    }
    for (place, preposition) in [(Place::From, " from "), (Place::To, " to ")] {
        let parts: Vec<&Pieces> = group(place).map(|c| &c.words).collect();
        if !parts.is_empty() {
            p.say(preposition);
            list(&parts, p);
        }
    }
    let mut parts: Vec<Pieces> = group(Place::With).map(|c| c.words.clone()).collect();
    // `with a and with b` is `with a and b`, where nothing else stands between them.
    for at in (1..parts.len()).rev() {
        let [before, part] = [at - 1, at].map(|at| parts[at].0[0].text.starts_with(WITH));
        if before && part {
            parts[at].0[0].text.replace_range(..WITH.len(), "");
        }
    }
    if !parts.is_empty() {
        p.say(" ");
        list(&parts.iter().collect::<Vec<_>>(), p);
    }
    let mut left = Pieces::default();
    left.say(leftover);
    let mut parts: Vec<&Pieces> = group(Place::That).map(|c| &c.words).collect();
    if !leftover.is_empty() {
        parts.push(&left);
    }
    if !parts.is_empty() {
        p.say(" ");
        list(&parts, p);
    }
}

const WITH: &str = "with ";

/// The register of the sending port, where the input port says the same.
fn told_by_port(cx: &Cx<'_>, scene: &Scene, m: &Match) -> Option<FieldId> {
    let register = table::REG.nth(5);
    let carries_port = cx.naming.register(register, 0, 32).is_some_and(|r| r.carries == Carries::Port);
    let same = m.word(word::IN_PORT) == m.word(register.slot.word) && m.has(register.slot);
    (scene.side == Side::Egress && carries_port && same).then_some(register)
}

/// Paints a list: `a`, `a and b`, `a, b and c`.
pub(super) fn list(parts: &[&Pieces], p: &mut Pieces) {
    for (at, part) in parts.iter().enumerate() {
        match at {
            0 => {}
            at if at + 1 == parts.len() => p.say(" and "),
            _ => p.say(", "),
        }
        fields::append(p, part);
    }
}

/// Paints the noun, and notes the fields that it says.
fn noun(m: &Match, said: &mut Vec<FieldId>, p: &mut Pieces) {
    said.extend([table::ETH_TYPE, table::NW_PROTO]);
    if let Some(words) = dhcp(m) {
        said.extend([table::TCP_SRC, table::TCP_DST]);
        return p.put(Role::Proto, words);
    }
    let dl_type = proto::effective_dl_type(|id| m.word(id).0);
    let (network, transport) = protocols(m);
    let icmp_kind = (m.word(word::TP).1 >> 16 != 0).then(|| m.value(proto::TP_SRC) as u8);
    let words = match (network.map(|n| n.dl_type), transport.map(|t| t.nw_proto)) {
        (Some(ethertype::ARP), _) => {
            said.push(table::ARP_OP);
            match m.has(NW_PROTO).then(|| m.value(NW_PROTO)) {
                Some(op) => match numbers::arp(op as u16) {
                    Some(name) => format!("ARP {name}"),
                    None => format!("ARP message with operation {op}"),
                },
                None => "ARP message".to_owned(),
            }
        }
        (Some(ethertype::RARP), _) => "reverse ARP message".to_owned(),
        (Some(ethertype::IP), Some(1)) => icmp_words("ICMP", icmp_kind, numbers::icmp, table::ICMP_TYPE, said),
        (Some(ethertype::IPV6), Some(58)) => icmp_words("ICMPv6", icmp_kind, numbers::icmpv6, table::ICMPV6_TYPE, said),
        (Some(kind), Some(transport)) => {
            let version = if kind == ethertype::IP { "IPv4" } else { "IPv6" };
            let name = numbers::protocol(transport).unwrap_or("IP");
            format!("{version} {name} packet")
        }
        (Some(kind @ (ethertype::IP | ethertype::IPV6)), None) => {
            let version = if kind == ethertype::IP { "IPv4" } else { "IPv6" };
            match m.has(NW_PROTO).then(|| m.value(NW_PROTO) as u8) {
                None => format!("{version} packet"),
                Some(n) => match numbers::protocol(n) {
                    Some(name) => format!("{version} {name} packet"),
                    None => format!("{version} packet of protocol {n}"),
                },
            }
        }
        (Some(_), None) => match numbers::ethertype(dl_type) {
            Some(name) => format!("{name} packet"),
            None => "packet".to_owned(),
        },
        (None, _) if m.has(DL_TYPE) => match numbers::ethertype(dl_type) {
            Some(name) => format!("{name} frame"),
            None => format!("packet of Ethernet type 0x{dl_type:04x}"),
        },
        (None, _) => "packet".to_owned(),
    };
    p.put(Role::Proto, &words);
}

/// DHCP messages are known by their two ports.
fn dhcp(m: &Match) -> Option<&'static str> {
    let (ports, mask) = m.word(word::TP);
    if mask != u32::MAX || !m.meets(Needs::Udp) {
        return None;
    }
    match (m.meets(Needs::Ipv4), ports >> 16, ports & 0xffff) {
        (true, 68, 67) => Some("DHCP request"),
        (true, 67, 68) => Some("DHCP answer"),
        (false, 546, 547) => Some("DHCPv6 request"),
        (false, 547, 546) => Some("DHCPv6 answer"),
        _ => None,
    }
}

fn icmp_words(
    protocol: &str,
    kind: Option<u8>,
    name: fn(u8) -> Option<&'static str>,
    field: FieldId,
    said: &mut Vec<FieldId>,
) -> String {
    said.push(field);
    match kind {
        None => format!("{protocol} packet"),
        Some(kind) => match name(kind) {
            Some(name) => format!("{protocol} {name}"),
            None => format!("{protocol} packet of type {kind}"),
        },
    }
}

/// The words of one field.
fn clause(cx: &Cx<'_>, scene: &Scene, m: &Match, field: FieldId) -> Option<Clause> {
    let mut words = Pieces::default();
    let p = &mut words;
    let (value, mask) = m.get(&field);
    let (v, k) = (value.to_u64(), mask.to_u64());
    let place = match field {
        table::IN_PORT => {
            p.say("that came in by ");
            values::port(cx, v as u32, Detail::Short, p);
            Place::That
        }
        table::ETH_SRC | table::IP_SRC | table::IPV6_SRC => {
            reading(cx, m, field, p);
            Place::From
        }
        table::ETH_DST | table::IP_DST | table::IPV6_DST => {
            reading(cx, m, field, p);
            Place::To
        }
        table::TCP_SRC | table::TCP_DST => {
            values::transport_port(v as u16, k as u16, p);
            if field == table::TCP_SRC { Place::From } else { Place::To }
        }
        table::ARP_SPA | table::ARP_SHA | table::ARP_THA | table::ND_TARGET | table::ARP_TPA => {
            address_clause(cx, m, field, p)
        }
        table::DL_VLAN => {
            p.say("with VLAN ");
            vlan_id(cx, scene, v as u32, p);
            Place::With
        }
        table::DL_VLAN_PCP => {
            p.say(&format!("with VLAN priority {v}"));
            Place::With
        }
        table::VLAN_TCI => {
            p.say("with ");
            vlan_words(cx, scene, m, p);
            Place::With
        }
        table::CT_STATE => {
            p.say(&ct_state_clause(v, k));
            Place::That
        }
        table::CT_ZONE => {
            p.say("tracked in ");
            let mut carried = Pieces::default();
            match values::carried(cx, scene, field, v, k, &mut carried) {
                // A zone that is a network of Neutron has no name of its own.
                true if cx.naming.kind == Kind::Integration => p.say("the zone of "),
                true => {}
                false => p.say(&format!("zone {v}")),
            }
            fields::append(p, &carried);
            Place::With
        }
        table::CT_MARK | table::CT_LABEL => return connection_clause(cx, scene, m, field),
        table::CONJ_ID => {
            p.say("for which every clause of ");
            p.link(Target::Conjunction(v as u32), Role::Accent, &format!("conjunction {v}"));
            p.say(" is met");
            Place::That
        }
        table::METADATA => {
            p.say("in ");
            if !values::carried(cx, scene, field, v, k, p) {
                return Some(plain(cx, m, field));
            }
            Place::Near
        }
        table::TUN_ID => return Some(tunnel_clause(cx, scene, m)),
        table::TCP_FLAGS => {
            p.say(&tcp_flags_clause(v, k));
            Place::That
        }
        table::IP_FRAG => {
            p.say(&format!("that is {}", fragment_words(v, k)));
            Place::That
        }
        table::NW_TOS => {
            p.say(&format!("with DSCP {v}"));
            if let Some(name) = numbers::dscp(v as u8) {
                p.say(&format!(" ({name})"));
            }
            Place::With
        }
        table::NW_TTL => {
            p.say(&format!("with time to live {v}"));
            Place::With
        }
        table::PACKET_TYPE => {
            p.say("that ");
            p.say(if v == 0 { "is " } else { "" });
            reading(cx, m, field, p);
            Place::That
        }
        _ if field.slot.word < word::METADATA => return Some(register_clause(cx, scene, m, field)),
        _ => return Some(plain(cx, m, field)),
    };
    Some(Clause { place, words })
}

/// Addresses inside ARP and neighbour discovery.
fn address_clause(cx: &Cx<'_>, m: &Match, field: FieldId, p: &mut Pieces) -> Place {
    let op = m.has(NW_PROTO).then(|| m.value(NW_PROTO));
    p.say(match (field, op) {
        (table::ARP_SPA, _) if !m.get(&field).1.is_ones(32) => "that claims an address of ",
        (table::ARP_SPA, _) => "that claims the address ",
        (table::ARP_SHA, _) if m.meets(Needs::Icmpv6) => "whose sender gives the MAC address ",
        (table::ARP_SHA, _) => "that claims the MAC address ",
        (table::ARP_THA, _) if m.meets(Needs::Icmpv6) => "that gives the MAC address ",
        (table::ARP_THA, _) => "that is meant for the MAC address ",
        (table::ARP_TPA, Some(2)) => "that is meant for ",
        (table::ARP_TPA, _) => "that asks about ",
        _ => "that is about ",
    });
    reading(cx, m, field, p);
    Place::That
}

/// A field that is said as it is printed.
fn plain(cx: &Cx<'_>, m: &Match, field: FieldId) -> Clause {
    let (name, value) = fields::printed(m, field, cx.ports);
    let mut words = Pieces::default();
    words.say("with ");
    words.say(&if value.is_empty() { name } else { format!("{name}={value}") });
    Clause { place: Place::With, words }
}

/// What the flags of ct_state say of a packet, as a clause. Combinations that firewalls use have words of their own.
pub(super) fn ct_state_clause(value: u64, mask: u64) -> String {
    const NEW: u64 = 0x01;
    const EST: u64 = 0x02;
    const REL: u64 = 0x04;
    const RPL: u64 = 0x08;
    const INV: u64 = 0x10;
    const TRK: u64 = 0x20;
    let set = |bits: u64| mask & bits == bits && value & bits == bits;
    let unset = |bits: u64| mask & bits == bits && value & bits == 0;
    // Whether a packet was tracked is said only where nothing else is.
    let rest = |known: u64| mask & !(known | TRK) == 0;
    if set(INV) && rest(INV | EST | NEW) && mask & (EST | NEW) == 0 {
        return "that connection tracking finds invalid".to_owned();
    }
    if set(NEW) && rest(NEW | EST | REL | RPL | INV) && !set(EST) && !set(REL) && !set(RPL) && !set(INV) {
        return "that begins a new connection".to_owned();
    }
    if set(EST) && unset(RPL) && !set(REL) && !set(NEW) && !set(INV) && rest(NEW | EST | REL | RPL | INV) {
        return "that continues an accepted connection".to_owned();
    }
    if set(EST) && set(RPL) && !set(REL) && !set(NEW) && !set(INV) && rest(NEW | EST | REL | RPL | INV) {
        return "that replies in an accepted connection".to_owned();
    }
    if set(REL) && !set(EST) && !set(NEW) && !set(INV) && !set(RPL) && rest(NEW | EST | REL | RPL | INV) {
        return "that is related to an accepted connection".to_owned();
    }
    if set(EST) && !set(NEW) && !set(REL) && !set(INV) && mask & RPL == 0 && rest(NEW | EST | REL | INV) {
        return "that belongs to an accepted connection".to_owned();
    }
    if unset(EST) && rest(EST) {
        return "that belongs to no accepted connection".to_owned();
    }
    if rest(RPL) && mask & RPL != 0 {
        let is = if set(RPL) { "is a reply" } else { "is no reply" };
        return format!("that {is} in its connection");
    }
    if mask == TRK {
        let seen = if set(TRK) { "has seen" } else { "has not seen" };
        return format!("that connection tracking {seen}");
    }
    format!("of which connection tracking says \"{}\"", ct_state_words(value, mask))
}

fn tcp_flags_clause(value: u64, mask: u64) -> String {
    const SYN: u64 = 2;
    const ACK: u64 = 0x10;
    match (value & mask, mask) {
        (SYN, m) if m == SYN | ACK => "that opens a connection (SYN without ACK)".to_owned(),
        _ => format!("whose TCP flags have {}", tcp_flag_words(value, mask)),
    }
}

/// The mark or label of the packet's connection.
fn connection_clause(cx: &Cx<'_>, scene: &Scene, m: &Match, field: FieldId) -> Option<Clause> {
    let (value, mask) = m.get(&field);
    let (v, k) = (value.to_u64(), mask.to_u64());
    let mut words = Pieces::default();
    words.say("whose connection ");
    let neutron_mark = cx.naming.kind == Kind::Integration && field == table::CT_MARK && mask.is_ones(32);
    let mut carried = Pieces::default();
    match v {
        // Neutron marks connections that lost their rule (`CT_MARK_INVALID`).
        1 if neutron_mark => words.say("lost its rule (ct_mark=0x1)"),
        0 if neutron_mark => words.say("is not marked"),
        _ if values::carried(cx, scene, field, v, k, &mut carried) => {
            let (_, printed) = fields::printed(m, field, cx.ports);
            words.say(&format!("has {}={printed} (", field.name));
            fields::append(&mut words, &carried);
            words.say(")");
        }
        _ => {
            let (_, printed) = fields::printed(m, field, cx.ports);
            words.say(&format!("has {}={printed}", field.name));
        }
    }
    Some(Clause { place: Place::That, words })
}

/// The tunnel key, with the network or datapath that it stands for.
fn tunnel_clause(cx: &Cx<'_>, scene: &Scene, m: &Match) -> Clause {
    let (value, mask) = m.get(&table::TUN_ID);
    let mut words = Pieces::default();
    let mut carried = Pieces::default();
    let (_, printed) = fields::printed(m, table::TUN_ID, cx.ports);
    words.say(&format!("with tunnel key {printed}"));
    if values::carried(cx, scene, table::TUN_ID, value.to_u64(), mask.to_u64(), &mut carried) {
        words.say(" (");
        fields::append(&mut words, &carried);
        words.say(")");
    }
    Clause { place: Place::With, words }
}

/// A register: what it carries decides where it stands.
fn register_clause(cx: &Cx<'_>, scene: &Scene, m: &Match, field: FieldId) -> Clause {
    let (value, mask) = m.get(&field);
    let (v, k) = (value.to_u64(), mask.to_u64());
    let known = cx.naming.register_in(scene.scope, field, 0, field.bits).filter(|_| mask.is_ones(32));
    let mut words = Pieces::default();
    let mut carried = Pieces::default();
    if let Some(r) = known.filter(|r| r.carries == Carries::Ipv4 && holds_ipv4(m, field)) {
        words.say(&format!("with {} ", r.name));
        values::ipv4(cx, v as u32, u32::MAX, &mut words);
        return Clause { place: Place::With, words };
    }
    if !values::carried(cx, scene, field, v, k, &mut carried) {
        return plain(cx, m, field);
    }
    let place = match known.map(|r| r.carries) {
        Some(Carries::Port) => {
            words.say(match scene.side {
                Side::Egress => "sent by ",
                Side::Ingress => "for ",
                Side::Either => "of ",
            });
            carried = Pieces::default();
            values::port(cx, v as u32, Detail::Short, &mut carried);
            Place::Near
        }
        Some(Carries::LocalVlan) => {
            words.say("of ");
            Place::Near
        }
        Some(Carries::LogicalPort) if v == 0 && field == table::REG.nth(15) => {
            carried = Pieces::default();
            words.say("whose logical port is not known");
            Place::That
        }
        Some(Carries::LogicalPort) if field == table::REG.nth(14) => Place::From,
        Some(Carries::LogicalPort) => Place::To,
        Some(Carries::Conjunction) => {
            words.say("that was accepted by ");
            Place::That
        }
        Some(Carries::Zone) => {
            words.say("tracked in ");
            Place::With
        }
        _ => {
            words.say("for which ");
            Place::That
        }
    };
    fields::append(&mut words, &carried);
    Clause { place, words }
}

/// Whether a register that may hold an IPv4 address does: an IPv6 address would take the registers beside it, too.
fn holds_ipv4(m: &Match, field: FieldId) -> bool {
    let first = field.slot.word - (field.slot.word - word::REG) % 4;
    let beside = (first..first + 4).filter(|id| *id != field.slot.word);
    !m.meets(Needs::Ipv6) && (m.meets(Needs::Ipv4) || beside.clone().all(|id| m.word(id).1 == 0))
}

/// What a match leaves open: the line below the fields.
pub(super) fn rest(m: &Match) -> Pieces {
    let mut p = Pieces::default();
    if m.is_any() {
        p.say("nothing is matched: every packet");
        return p;
    }
    let (network, transport) = protocols(m);
    let has = |fields: &[FieldId]| fields.iter().any(|f| m.has(f.slot));
    let mut open = Vec::new();
    if !m.has(DL_TYPE) && m.word(word::PACKET_TYPE).1 == 0 {
        open.push("any kind of packet");
    }
    let is_ip = matches!(network.map(|n| n.dl_type), Some(ethertype::IP | ethertype::IPV6));
    if is_ip && transport.is_none() && !m.has(NW_PROTO) {
        open.push("any protocol");
    }
    if is_ip && !has(&[table::IP_SRC, table::IP_DST, table::IPV6_SRC, table::IPV6_DST]) {
        open.push("any address");
    }
    let has_ports = matches!(transport.map(|t| t.nw_proto), Some(6 | 17 | 132));
    match (has_ports, has(&[table::TCP_SRC]), has(&[table::TCP_DST])) {
        (true, false, false) => open.push("any port"),
        (true, false, true) => open.push("any source port"),
        (true, true, false) => open.push("any destination port"),
        _ => {}
    }
    if !m.has(table::IN_PORT.slot) {
        open.push("any input port");
    }
    open.push("all else any");
    p.say(&open.join(", "));
    p
}

/// What the matched fields need of each other.
pub(super) fn needs(m: &Match) -> Vec<Pieces> {
    let mut lines: Vec<Pieces> = Vec::new();
    for field in m.fields() {
        let needs = field.needs;
        if matches!(needs, Needs::None | Needs::Ethernet) || needs == Needs::Vlan {
            continue;
        }
        // One field stands for all transports in the table; what it needs is what the match has.
        if [table::TCP_SRC, table::TCP_DST].contains(&field) && (m.meets(Needs::Udp) || m.meets(Needs::Sctp)) {
            continue;
        }
        let mut line = Pieces::default();
        line.say(&format!("{} needs {}", fields::printed(m, field, crate::field::Names::none()).0, needs.hint()));
        if !m.meets(needs) {
            line.put(Role::Warn, ", which the match does not have: a switch drops the field");
        }
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
