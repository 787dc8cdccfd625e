//! What would let a lost packet through: where its rules come from, and as flows by hand.
//!
//! Whatever can be tried is tried: the flows are put into a copy of the bridge, and the packet is traced again. What does
//! not get it through is not told.

use std::sync::Arc;

use super::Cx;
use super::blame::Look;
use super::misses::Miss;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::word;
use crate::field::{Bits, Key, Names, table};
use crate::model::flow::{Flow, Style};
use crate::model::naming::Kind;
use crate::model::node::Node;
use crate::model::security::{Direction, Ethertype};
use crate::neutron::advice::{self, Advice, Wanted};
use crate::neutron::security_group::flows::intended;
use crate::trace::{Options, Packet, Trace, Verdict, World, trace};

/// Something that would let a packet through.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What it does, in a sentence.
    pub sentence: String,
    /// The command that does it; empty if there is none.
    pub command: String,
    /// The flows that it adds on this node, as far as that is known.
    pub flows: Vec<Flow>,
    /// What becomes of the packet then; `None` if it could not be tried.
    pub verdict: Option<Verdict>,
    /// Whether it is flows by hand, which an agent may take away again.
    pub is_by_hand: bool,
}

/// What was asked and found so far.
pub(super) struct Lost<'a> {
    pub cx: &'a Cx<'a>,
    pub start: usize,
    pub found: &'a Trace<'a>,
    pub look: &'a Look<'a>,
    pub misses: &'a [Miss],
    pub options: &'a Options,
}

/// What would let the packet through, the best way first.
pub(super) fn fixes(lost: &Lost<'_>) -> Vec<Fix> {
    let mut fixes = Vec::new();
    fixes.extend(
        acl(lost).or_else(|| rule(lost)).or_else(|| address(lost)).or_else(|| binding(lost)).or_else(|| anew(lost)),
    );
    fixes.extend(by_hand(lost));
    // What was tried and did not get the packet through is no way out.
    fixes.retain(|fix| fix.verdict.is_none_or(|v| matches!(v, Verdict::Delivered | Verdict::Mixed)));
    fixes
}

fn advised(advice: Advice, flows: Vec<Flow>, verdict: Option<Verdict>) -> Fix {
    Fix { sentence: advice.sentence, command: advice.command, flows, verdict, is_by_hand: false }
}

/// Removing an ACL that somebody made by hand.
fn acl(lost: &Lost<'_>) -> Option<Fix> {
    let (_, advice) = lost.cx.denying_acl(lost.look)?;
    Some(advised(advice, Vec::new(), None))
}

/// The database of a node.
fn binding(lost: &Lost<'_>) -> Option<Fix> {
    let naming = lost.cx.naming(lost.look.bridge);
    let is_output = naming.table(lost.look.table).is_some_and(|t| t.name.ends_with("_OUTPUT"));
    if naming.kind != Kind::OvnIntegration || !is_output {
        return None;
    }
    let advice = super::binding::unbound(lost.cx, &lost.look.packet.key)?.advice?;
    Some(advised(advice, Vec::new(), None))
}

/// Flows of a network that is in use here and whose translation is gone: the agent has to write them.
fn anew(lost: &Lost<'_>) -> Option<Fix> {
    let naming = lost.cx.naming(lost.look.bridge);
    if naming.kind != Kind::Integration || lost.look.table != 0 {
        return None;
    }
    let vlan = lost.look.packet.key.word(word::VLAN) & 0xfff;
    let network = lost.cx.names.network_of_physical_vlan(vlan)?;
    lost.cx.local_vlan(&network.id)?;
    Some(advised(advice::resync(&lost.cx.world.node.name), Vec::new(), None))
}

/// Whether the lookup is one of security groups.
fn is_of_groups(lost: &Lost<'_>) -> bool {
    let naming = lost.cx.naming(lost.look.bridge);
    match naming.kind {
        Kind::Integration => matches!(lost.look.table, 72 | 82),
        Kind::OvnIntegration => {
            naming.table(lost.look.table).is_some_and(|t| t.name.split(" / ").any(|part| part.contains("_acl")))
        }
        _ => false,
    }
}

/// A rule of a security group.
fn rule(lost: &Lost<'_>) -> Option<Fix> {
    if !is_of_groups(lost) {
        return None;
    }
    let facts = lost.cx.snapshot.neutron.as_deref()?;
    let id = lost.cx.port_id(lost.look)?;
    let port = facts.ports.get(id)?;
    // The rule is there already: the agent has to be made to write its flows.
    let owners = lost.cx.known.owners(lost.look.bridge);
    if lost.cx.fault(lost.look).is_some() {
        return Some(advised(advice::resync(&lost.cx.world.node.name), Vec::new(), None));
    }
    if port.security_groups.is_empty() {
        return Some(advised(advice::give_group(facts, id), Vec::new(), None));
    }
    let wanted = wanted(lost)?;
    let advice = advice::rule_for(facts, id, &wanted)?;
    if lost.cx.naming(lost.look.bridge).kind != Kind::Integration {
        return Some(advised(advice, Vec::new(), None));
    }
    let groups = owners.groups();
    let local = groups.ports.values().find(|p| *p.id == *id)?;
    let group = port.security_groups.iter().find(|g| facts.security_groups.get(*g).is_some_and(|n| &**n != "default"));
    let rule = wanted.rule(group.or(port.security_groups.first())?);
    let rules: Vec<_> = groups.rules.of_port(local);
    let flows: Vec<Flow> = intended(facts, local, &rule, &rules, |pair| groups.conjunctions.number(pair))
        .iter()
        .filter_map(|flow| {
            flow_of(&flow.text(&lost.cx.world.at(lost.look.bridge).names), &lost.cx.world.at(lost.look.bridge).names)
        })
        .collect();
    let verdict = tried(lost, &flows);
    Some(advised(advice, flows, verdict))
}

/// A flow from the line of a flow file.
fn flow_of(line: &str, names: &Names) -> Option<Flow> {
    let read = crate::dump::flow_line::parse(line, names, crate::action::Mode::Typed, false);
    read.ok().map(|reading| reading.flow_mod.flow)
}

/// What the packet is, as rules ask for it.
fn wanted(lost: &Lost<'_>) -> Option<Wanted> {
    let key = &lost.look.packet.key;
    let ethertype = match key.value(proto::DL_TYPE) as u16 {
        ethertype::IP => Ethertype::Ipv4,
        ethertype::IPV6 => Ethertype::Ipv6,
        _ => return None,
    };
    let is_sent = lost.cx.is_from_instance(lost.look);
    let protocol = key.value(proto::NW_PROTO) as u8;
    let is_icmp = matches!(protocol, ipproto::ICMP | ipproto::ICMPV6);
    let (src, dst) = (key.value(proto::TP_SRC) as u16, key.value(proto::TP_DST) as u16);
    let has_ports = is_icmp || matches!(protocol, ipproto::TCP | ipproto::UDP | ipproto::SCTP);
    Some(Wanted {
        direction: if is_sent { Direction::Egress } else { Direction::Ingress },
        remote: super::words::ip(key, if is_sent { Side::Destination } else { Side::Source }),
        ethertype,
        protocol: (protocol != 0).then_some(protocol),
        port: has_ports.then_some(if is_icmp { src } else { dst }),
        code: is_icmp.then_some(dst),
    })
}

/// Which end of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where it comes from.
    Source,
    /// Where it goes.
    Destination,
}

/// An allowed address pair.
fn address(lost: &Lost<'_>) -> Option<Fix> {
    let naming = lost.cx.naming(lost.look.bridge);
    let is_of_addresses = match naming.kind {
        Kind::Integration => matches!(lost.look.table, 24 | 25 | 71) && is_address(lost),
        Kind::OvnIntegration => {
            naming.table(lost.look.table).is_some_and(|t| t.name.contains("PORT_SEC") || t.name.contains("port_sec"))
        }
        _ => false,
    };
    if !is_of_addresses {
        return None;
    }
    let facts = lost.cx.snapshot.neutron.as_deref()?;
    let id = sender(lost)?;
    facts.ports.get(id)?;
    let key = &lost.look.packet.key;
    let from = super::words::ip(key, Side::Source)?;
    Some(advised(advice::allow_address(facts, id, from, Some(key.value(table::ETH_SRC.slot))), Vec::new(), None))
}

/// Whether the packet is of a kind that addresses decide about.
fn is_address(lost: &Lost<'_>) -> bool {
    let is_barred = lost.look.flow.is_some_and(|f| lost.cx.world.at(lost.look.bridge).flow(f).priority() == 70);
    let kind = lost.look.packet.key.value(proto::DL_TYPE) as u16;
    !is_barred && matches!(kind, ethertype::IP | ethertype::IPV6 | ethertype::ARP)
}

fn sender<'a>(lost: &Lost<'a>) -> Option<&'a str> {
    if lost.cx.naming(lost.look.bridge).kind != Kind::OvnIntegration {
        return lost.cx.port_id(lost.look);
    }
    let key = &lost.look.packet.key;
    let port = lost.cx.names.logical_port(key.value(table::METADATA.slot), key.word(word::REG + 14))?;
    Some(&port.name)
}

/// One flow by hand: the nearest flow that would have let the packet through, with the packet's own values where they
/// differ. For a flow that a conjunction leads to, the flow itself without the conjunction.
fn by_hand(lost: &Lost<'_>) -> Option<Fix> {
    let bridge = lost.cx.world.at(lost.look.bridge);
    let is_like = |m: &&Miss| {
        let mut differs =
            m.rival.differs.iter().chain(m.rival.clauses.iter().filter_map(|c| c.nearest.as_ref()).flat_map(|n| &n.1));
        m.verdict == Some(Verdict::Delivered)
            && m.rival.distance.state == 0
            && differs.all(|d| d.field != table::NW_PROTO)
    };
    let nearest = lost.misses.iter().find(is_like)?;
    let model = bridge.flow(nearest.rival.flow).to_flow();
    let key = &lost.look.packet.key;
    let mut flow = Flow { table: lost.look.table, stats: None, cookie: 0, ..model };
    flow.matches.set_word(word::CONJ_ID, u32::MAX, 0, 0);
    let differs = nearest
        .rival
        .differs
        .iter()
        .chain(nearest.rival.clauses.iter().filter_map(|c| c.nearest.as_ref()).flat_map(|(_, differs)| differs));
    for d in differs {
        let ones = Bits::ones(d.field.slot.width.into());
        flow.matches.set_slot(d.field.slot, &key.read(d.field.slot), &ones);
    }
    if !nearest.rival.clauses.is_empty() {
        narrow(&mut flow, key);
    }
    flow.priority = nearest.rival.priority;
    let verdict = tried(lost, std::slice::from_ref(&flow));
    if verdict != Some(Verdict::Delivered) {
        return None;
    }
    let agent = &lost.cx.naming(lost.look.bridge).system;
    let undone = if agent.is_empty() { String::new() } else { format!(" ({agent} will take it away again)") };
    let sentence = format!("practice or emergency: one flow by hand{undone}");
    let text = flow.text(Style::NoStats, &bridge.names);
    let command = format!("ovs-ofctl add-flow {} {}", bridge.name, advice::shell_word(text.trim()));
    Some(Fix { sentence, command, flows: vec![flow], verdict, is_by_hand: true })
}

/// Makes a flow that stood for many packets one for this packet's addresses.
fn narrow(flow: &mut Flow, key: &Key) {
    let (source, proto_slot) = (table::IP_SRC.slot, proto::NW_PROTO);
    if key.value(proto::DL_TYPE) as u16 == ethertype::IP && flow.matches.has(proto::DL_TYPE) {
        flow.matches.set_exact(source, key.value(source));
        flow.matches.set_exact(proto_slot, key.value(proto_slot));
    }
}

/// What becomes of the packet once flows are there; `None` if there are none.
fn tried(lost: &Lost<'_>, flows: &[Flow]) -> Option<Verdict> {
    if flows.is_empty() {
        return None;
    }
    let node = lost.cx.world.node;
    let mut bridges = node.bridges.clone();
    bridges[lost.look.bridge] = Arc::new(bridges[lost.look.bridge].with(flows));
    let node = Node { bridges, ..node.clone() };
    let options = Options { keep: false, ..lost.options.clone() };
    let packet: &Packet = &lost.found.input;
    Some(trace(&World::of(&node), lost.start, packet, &options).verdict)
}
