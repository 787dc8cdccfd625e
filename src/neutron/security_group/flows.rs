//! The flows that the rules of security groups want (`neutron/agent/linux/openvswitch_firewall/rules.py`).

use super::{LocalPort, Pair, Rules, masks, members};
use crate::field::bits::Bits;
use crate::field::proto::{CT_STATE, DL_TYPE, NW_PROTO, TP_DST, ethertype, ipproto};
use crate::field::slot::word;
use crate::field::table;
use crate::field::{Match, Names};
use crate::model::flow::TableId;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::security::{Direction, Ethertype, Prefix, Remote, SecurityGroupRule};

/// The table of the rules for packets from instances (`RULES_EGRESS_TABLE`).
pub const EGRESS_TABLE: TableId = 72;
/// The table of the rules for packets to instances (`RULES_INGRESS_TABLE`).
pub const INGRESS_TABLE: TableId = 82;
/// The word of the register that has the port, reg5.
pub const PORT_WORD: u16 = word::REG + 5;
/// The word of the register that has the network, reg6.
pub const NETWORK_WORD: u16 = word::REG + 6;

/// The word of the register that has the conjunction that accepted, reg7.
const CONJUNCTION_WORD: u16 = word::REG + 7;

/// The flow of established connections: `+est-rel-rpl`, as value and mask.
pub const ESTABLISHED: (u32, u32) = (0x02, 0x0e);
/// The flow of new connections: `+new-est`, as value and mask.
pub const NEW: (u32, u32) = (0x01, 0x03);

/// Which part of a rule a flow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The whole of it.
    Whole,
    /// One address of the other side: clause 1 of 2.
    Member,
    /// Some of the services: clause 2 of 2.
    Service,
    /// What happens when both clauses match.
    Accept,
}

/// A flow that a rule wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intended {
    /// The table.
    pub table: TableId,
    /// The priority.
    pub priority: u32,
    /// What it matches. Of an accepting flow whose conjunction is not known, the match lacks it.
    pub matches: Match,
    /// What it does, as a dump prints it. Of clauses only this rule's conjunction stands there, others may stand beside
    /// it; empty if the conjunction is not known.
    pub actions: String,
    /// Which part of the rule it is.
    pub part: Part,
    /// Whether it is for new connections.
    pub is_new: bool,
}

impl Intended {
    /// The flow as a line of a flow file.
    pub fn text(&self, names: &Names) -> String {
        let mut matches = String::new();
        self.matches.paint(self.priority, names, &mut matches);
        format!("table={},{} actions={}", self.table, matches.trim(), self.actions)
    }
}

/// The table of the rules of a direction.
pub fn table_of(direction: Direction) -> TableId {
    match direction {
        Direction::Ingress => INGRESS_TABLE,
        Direction::Egress => EGRESS_TABLE,
    }
}

/// The direction of a table of rules.
pub fn direction_of(table: TableId) -> Option<Direction> {
    match table {
        INGRESS_TABLE => Some(Direction::Ingress),
        EGRESS_TABLE => Some(Direction::Egress),
        _ => None,
    }
}

/// What the protocol of a rule adds to the priority (`flow_priority_offset`).
pub fn offset(rule: &SecurityGroupRule) -> u32 {
    match rule.protocol {
        None => 0,
        Some(_) if rule.is_icmp() && rule.ports.0.is_none() => 1,
        Some(_) if rule.is_icmp() && rule.ports.1.is_none() => 2,
        Some(_) => 3,
    }
}

/// The priority of a rule's flows.
pub fn priority(rule: &SecurityGroupRule) -> u32 {
    70 + offset(rule) + if rule.remote.group().is_some() { 0 } else { 4 }
}

/// What all flows of a rule match, except the port, the state of the connection and the ports of its protocol.
pub(super) fn base(rule: &SecurityGroupRule) -> Match {
    let mut m = family(rule.ethertype);
    if let Remote::Prefix(prefix) = rule.remote {
        set_prefix(&mut m, rule.direction, prefix);
    }
    let Some(protocol) = rule.protocol else { return m };
    let is_icmp6 = rule.ethertype == Ethertype::Ipv6 && protocol == ipproto::ICMP;
    let protocol = if is_icmp6 { ipproto::ICMPV6 } else { protocol };
    m.set_exact(NW_PROTO, protocol.into());
    if rule.is_icmp() {
        let fields = [(table::ICMP_TYPE, rule.ports.0), (table::ICMP_CODE, rule.ports.0.and(rule.ports.1))];
        for (field, value) in fields {
            if let Some(value) = value {
                m.set_exact(field.slot, value.into());
            }
        }
    }
    m
}

/// The match of a protocol family.
pub(super) fn family(family: Ethertype) -> Match {
    let mut m = Match::any();
    m.set_exact(DL_TYPE, if family == Ethertype::Ipv4 { ethertype::IP } else { ethertype::IPV6 }.into());
    m
}

/// Matches the other side's addresses; a prefix of no bits is not matched.
pub(super) fn set_prefix(m: &mut Match, direction: Direction, prefix: Prefix) {
    let field = match (prefix.ethertype(), direction) {
        (Ethertype::Ipv4, Direction::Ingress) => table::IP_SRC,
        (Ethertype::Ipv4, Direction::Egress) => table::IP_DST,
        (Ethertype::Ipv6, Direction::Ingress) => table::IPV6_SRC,
        (Ethertype::Ipv6, Direction::Egress) => table::IPV6_DST,
    };
    let width = usize::from(prefix.ethertype().bits());
    m.set_slot(field.slot, &Bits::from_u128(prefix.number(), width), &Bits::from_u128(prefix.mask(), width));
}

/// The range of a rule's destination ports; `None` if it does not ask for ports. Port 0 cannot be asked for.
pub fn port_range(rule: &SecurityGroupRule) -> Option<(u16, u16)> {
    match rule.ports {
        (Some(first), Some(last)) if rule.has_ports() && first > 0 && last > 0 => Some((first, last)),
        _ => None,
    }
}

fn set_state(m: &mut Match, is_new: bool) {
    let (value, mask) = if is_new { NEW } else { ESTABLISHED };
    m.set_slot(CT_STATE, &Bits::from_u64(value.into(), 8), &Bits::from_u64(mask.into(), 8));
}

fn set_block(m: &mut Match, (value, mask): (u16, u16)) {
    m.set_slot(TP_DST, &Bits::from_u64(value.into(), 16), &Bits::from_u64(mask.into(), 16));
}

/// What becomes of accepted packets (`_accept_flow` and `populate_flow_common`).
fn accept(direction: Direction, port: &LocalPort, is_new: bool) -> String {
    match (direction, is_new) {
        (Direction::Egress, _) => "resubmit(,73)".to_owned(),
        (Direction::Ingress, false) => format!("output:{}", port.ofport),
        (Direction::Ingress, true) => {
            format!("ct(commit,zone=NXM_NX_REG6[0..15]),output:{},resubmit(,92)", port.ofport)
        }
    }
}

/// A flow and its twin for new connections.
fn twins(make: impl Fn(bool) -> Intended) -> [Intended; 2] {
    [false, true].map(|is_new| {
        let mut flow = make(is_new);
        set_state(&mut flow.matches, is_new);
        flow
    })
}

/// The flows that a rule wants for a port of its group. `rules` are all the rules of the port, because the services of
/// rules about groups are cut where they overlap; `number` tells the first of the eight numbers of a conjunction, if it is
/// known ([`super::conjunctions::Conjunctions::number`]).
pub fn intended(
    facts: &NeutronFacts,
    port: &LocalPort,
    rule: &SecurityGroupRule,
    rules: &[&SecurityGroupRule],
    number: impl Fn(&Pair) -> Option<u32>,
) -> Vec<Intended> {
    let mut flows = intended_members(facts, port.vlan, rule, &number);
    flows.extend(intended_of_port(port, rule, rules, number));
    flows
}

/// The number of a conjunction of a rule, from the first of its pair's eight.
fn numbered(rule: &SecurityGroupRule, first: u32, is_new: bool) -> u32 {
    first + 2 * offset(rule) + u32::from(is_new)
}

fn clause(id: Option<u32>, k: u8) -> String {
    id.map_or_else(String::new, |id| format!("conjunction({id},{k}/2)"))
}

/// The flows that a rule wants for the members of the group on its other side. All ports of a network share them.
pub fn intended_members(
    facts: &NeutronFacts,
    vlan: u16,
    rule: &SecurityGroupRule,
    number: impl Fn(&Pair) -> Option<u32>,
) -> Vec<Intended> {
    let Some(pair) = Pair::of(rule) else { return Vec::new() };
    let (table, priority) = (table_of(rule.direction), priority(rule));
    let id = |is_new: bool| number(&pair).map(|n| numbered(rule, n, is_new));
    let mut flows = Vec::new();
    for (prefix, mac) in members(facts, &rule.remote, rule.ethertype) {
        flows.extend(twins(|is_new| {
            let mut matches = family(rule.ethertype);
            matches.set_word(NETWORK_WORD, u32::MAX, vlan.into(), u32::MAX);
            set_prefix(&mut matches, rule.direction, prefix);
            if let Some(mac) = mac.filter(|_| prefix.length == 0) {
                let side = if rule.direction == Direction::Ingress { table::ETH_SRC } else { table::ETH_DST };
                matches.set_exact(side.slot, mac);
            }
            Intended { table, priority, matches, actions: clause(id(is_new), 1), part: Part::Member, is_new }
        }));
    }
    flows
}

/// The flows that a rule wants for one port alone.
pub fn intended_of_port(
    port: &LocalPort,
    rule: &SecurityGroupRule,
    rules: &[&SecurityGroupRule],
    number: impl Fn(&Pair) -> Option<u32>,
) -> Vec<Intended> {
    let (table, priority) = (table_of(rule.direction), priority(rule));
    let base = base(rule);
    let Some(pair) = Pair::of(rule) else {
        let blocks = port_range(rule).map_or_else(|| vec![None], all_blocks);
        let flows = blocks.into_iter().flat_map(|block| {
            twins(|is_new| {
                let mut matches = base.clone();
                matches.set_word(PORT_WORD, u32::MAX, port.ofport, u32::MAX);
                block.into_iter().for_each(|b| set_block(&mut matches, b));
                let actions = accept(rule.direction, port, is_new);
                Intended { table, priority, matches, actions, part: Part::Whole, is_new }
            })
        });
        return flows.collect();
    };
    let id = |is_new: bool| number(&pair).map(|n| numbered(rule, n, is_new));
    let mut flows = Vec::new();
    for block in services(rule, rules) {
        flows.extend(twins(|is_new| {
            let mut matches = base.clone();
            matches.set_word(PORT_WORD, u32::MAX, port.ofport, u32::MAX);
            block.into_iter().for_each(|b| set_block(&mut matches, b));
            Intended { table, priority, matches, actions: clause(id(is_new), 2), part: Part::Service, is_new }
        }));
    }
    flows.extend(twins(|is_new| {
        let mut matches = family(rule.ethertype);
        matches.set_word(PORT_WORD, u32::MAX, port.ofport, u32::MAX);
        let mut actions = String::new();
        if let Some(id) = id(is_new) {
            matches.set_exact(table::CONJ_ID.slot, id.into());
            actions = format!("set_field:{id:#x}->reg7,{}", accept(rule.direction, port, is_new));
        }
        Intended { table, priority, matches, actions, part: Part::Accept, is_new }
    }));
    flows
}

fn all_blocks((first, last): (u16, u16)) -> Vec<Option<(u16, u16)>> {
    masks::blocks(first, last).into_iter().map(Some).collect()
}

/// The port blocks of a rule about a group, cut where other such rules of the port begin and end; `None` for any port.
fn services(rule: &SecurityGroupRule, rules: &[&SecurityGroupRule]) -> Vec<Option<(u16, u16)>> {
    if !rule.has_ports() {
        return vec![None];
    }
    let whole = |r: &SecurityGroupRule| port_range(r).unwrap_or(EVERY_PORT);
    let is_like = |r: &&&SecurityGroupRule| {
        r.remote.group().is_some()
            && (r.direction, r.ethertype, r.protocol) == (rule.direction, rule.ethertype, rule.protocol)
    };
    let mut ranges: Vec<((u16, u16), Option<Pair>)> =
        rules.iter().filter(is_like).map(|r| (whole(r), Pair::of(r))).collect();
    let own = whole(rule);
    ranges.push((own, Pair::of(rule)));
    let pieces = masks::cut(&ranges).into_iter().map(|(piece, _)| piece);
    let inside = pieces.filter(|piece| overlap(own, *piece));
    inside.flat_map(|piece| if piece == EVERY_PORT { vec![None] } else { all_blocks(piece) }).collect()
}

fn overlap(one: (u16, u16), other: (u16, u16)) -> bool {
    one.0 <= other.1 && other.0 <= one.1
}

/// What the driver takes for every port.
pub const EVERY_PORT: (u16, u16) = (1, 65535);

/// What a flow of the tables of rules says, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// To or from the instance.
    pub direction: Direction,
    /// The port, from reg5.
    pub ofport: Option<u32>,
    /// The local VLAN, from reg6.
    pub vlan: Option<u32>,
    /// The number of the conjunction that it accepts.
    pub accepts: Option<u32>,
    /// The destination ports that it matches; `None` for all.
    pub ports: Option<(u16, u16)>,
    /// Whether it is for new connections.
    pub is_new: bool,
    /// The rest of the match.
    pub base: Match,
}

/// The table where accepted packets from instances are logged (`ACCEPTED_EGRESS_TRAFFIC_TABLE`).
pub const EGRESS_LOG_TABLE: TableId = 91;
/// The table where accepted packets to instances are logged (`ACCEPTED_INGRESS_TRAFFIC_TABLE`).
pub const INGRESS_LOG_TABLE: TableId = 92;
/// The table where dropped packets are logged (`DROPPED_TRAFFIC_TABLE`).
pub const DROP_LOG_TABLE: TableId = 93;

/// Takes a flow apart that logs what a rule accepted: it matches what the rule's own flow does, except the state of the
/// connection, or the conjunction in reg7. `None` for other flows.
pub fn take_log_apart(table: TableId, priority: u32, matches: &Match) -> Option<Taken> {
    let of_rules = match table {
        EGRESS_LOG_TABLE => EGRESS_TABLE,
        INGRESS_LOG_TABLE => INGRESS_TABLE,
        _ => return None,
    };
    let mut as_rule = matches.clone();
    let (accepts, mask) = matches.word(CONJUNCTION_WORD);
    as_rule.set_word(CONJUNCTION_WORD, u32::MAX, 0, 0);
    set_state(&mut as_rule, true);
    let taken = take_apart(of_rules, priority, &as_rule)?;
    Some(Taken { accepts: (mask == u32::MAX).then_some(accepts), ..taken })
}

/// Takes a flow apart that a rule may have wanted; `None` if no rule wants such a flow.
pub fn take_apart(table: TableId, priority: u32, matches: &Match) -> Option<Taken> {
    let direction = direction_of(table).filter(|_| (70..=77).contains(&priority))?;
    let mut base = matches.clone();
    let mut take = |id: u16, bits: u32| {
        let (value, mask) = base.word(id);
        base.set_word(id, bits, 0, 0);
        (value & bits, mask & bits)
    };
    let is_new = match take(word::CT, 0xff) {
        NEW => true,
        ESTABLISHED => false,
        _ => return None,
    };
    let mut whole = |id| Some(take(id, u32::MAX)).filter(|(_, mask)| *mask == u32::MAX).map(|(value, _)| value);
    let (ofport, vlan, accepts) = (whole(PORT_WORD), whole(NETWORK_WORD), whole(word::CONJ_ID));
    let protocol = base.value(NW_PROTO) as u8;
    let mut ports = None;
    if matches!(protocol, ipproto::TCP | ipproto::UDP | ipproto::SCTP) {
        let (value, mask) = base.word(word::TP);
        if mask & 0xffff != 0 {
            ports = Some(masks::range(value as u16, mask as u16)?);
        }
        base.set_word(word::TP, 0xffff, 0, 0);
    }
    Some(Taken { direction, ofport, vlan, accepts, ports, is_new, base })
}

/// The rules of some groups that want a flow of a port: the whole of them, or their services.
pub(in crate::neutron) fn rules_of<'a>(
    rules: &'a Rules,
    groups: &[std::sync::Arc<str>],
    priority: u32,
    taken: &Taken,
) -> Vec<&'a SecurityGroupRule> {
    let found = rules.of_base(taken.direction, priority, taken.base.clone());
    found.filter(|rule| groups.contains(&rule.group) && wants(rule, taken.ports)).collect()
}

/// Whether a rule wants a flow with these ports.
fn wants(rule: &SecurityGroupRule, ports: Option<(u16, u16)>) -> bool {
    match (port_range(rule), ports) {
        (None, None) => true,
        // Rules about groups that ask for no ports are cut, too, where others ask for some.
        (None, Some(_)) => rule.remote.group().is_some() && rule.has_ports(),
        (Some(own), None) => rule.remote.group().is_some() && own == EVERY_PORT,
        (Some(own), Some(ports)) if rule.remote.group().is_some() => overlap(own, ports),
        (Some(own), Some(ports)) => {
            masks::blocks(own.0, own.1).iter().any(|(v, m)| masks::range(*v, *m) == Some(ports))
        }
    }
}
