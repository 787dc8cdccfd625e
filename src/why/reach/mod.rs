//! Which packet reaches a flow.
//!
//! `witness` finds packets that the flow gets in its own table, or the flows that take all of them away. `before` goes
//! backwards through the tables: what a packet must be before the actions of the flow that leads there. What is found is
//! traced, and counts only if the trace comes by the flow. So an answer is a fact; where none is found within the limits,
//! that is said, and not that there is none.

mod before;
mod witness;

use self::before::{Before, before};
use self::witness::{Found, Limits, witness};
use super::Cx;
use crate::action::Action;
use crate::field::names::port;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::word;
use crate::field::{Bits, Match, table};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::pipeline::{Place, jumps};
use crate::neutron::names::PortKind;
use crate::trace::{self, Options, Packet, What, trace};

/// What was found for a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A packet that comes by it.
    Packet(Box<Way>),
    /// No packet can get it: other flows of its table take them all.
    Shadowed(Vec<FlowId>),
    /// Packets can get it in its table, but no way from the first table was found.
    NoWay,
    /// Nothing was found before the limits were reached.
    Unknown,
}

/// A packet that comes by a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The packet.
    pub packet: Packet,
    /// What connection tracking has to answer, recirculation by recirculation.
    pub ct_next: Vec<u8>,
    /// What was chosen freely, in words.
    pub chosen: Vec<String>,
}

/// How many ways backwards are looked at, and how many packets are traced.
const WAYS: usize = 4000;
const TRACES: usize = 64;
/// How many tables a way has.
const DEPTH: usize = 24;

/// A packet that comes by a flow of a bridge.
pub fn reach(cx: &Cx<'_>, bridge: usize, flow: FlowId) -> Reach {
    let here = cx.world.at(bridge);
    let table = here.flow(flow).table();
    let ports = ports(cx, bridge);
    let mut limits = Limits::new(&ports);
    let mut search = Search { cx, bridge, flow, ports: &ports, ways: WAYS, traces: TRACES, is_cut: false };
    let mut covers = Vec::new();
    let mut has_witness = false;
    for packets in targets(here, flow) {
        match witness(here, table, flow, &packets, &mut limits) {
            Found::Packets(regions) => {
                has_witness = true;
                if let Some(way) = regions.iter().find_map(|region| search.back(table, region, &[], 0)) {
                    return Reach::Packet(Box::new(way));
                }
            }
            Found::Covered(by) => covers = by,
            Found::Unknown => search.is_cut = true,
        }
    }
    match (has_witness, search.is_cut) {
        (false, false) => Reach::Shadowed(covers),
        (true, false) => Reach::NoWay,
        (_, true) => Reach::Unknown,
    }
}

/// The packets of a flow: what it matches; of a flow that a conjunction leads to, what it and one flow of each clause
/// match; of a clause, the same with one of the others.
fn targets(bridge: &Bridge, flow: FlowId) -> Vec<Match> {
    let row = bridge.flow(flow);
    let mut own = row.matches();
    let (conjunction, mask) = own.word(word::CONJ_ID);
    own.set_word(word::CONJ_ID, u32::MAX, 0, 0);
    let clauses = |id: FlowId| {
        bridge.flow(id).actions().0.iter().filter_map(|a| match a {
            Action::Conjunction(c) => Some((c.id, c.clause, c.n_clauses)),
            _ => None,
        })
    };
    let wanted: Vec<(u32, Option<u8>, u8)> = if mask != 0 {
        let table = bridge.table(row.table());
        let of = table.iter().flat_map(|t| &t.flows).flat_map(|id| clauses(*id)).find(|c| c.0 == conjunction);
        of.map(|(id, _, n)| (id, None, n)).into_iter().collect()
    } else {
        clauses(flow).map(|(id, clause, n)| (id, Some(clause), n)).collect()
    };
    if wanted.is_empty() {
        return vec![own];
    }
    let table = bridge.table(row.table());
    let mut found = Vec::new();
    for (id, own_clause, n) in wanted {
        let mut both = vec![own.clone()];
        for clause in (1..=n).filter(|c| Some(*c) != own_clause) {
            let members = table.iter().flat_map(|t| &t.flows).filter(|m| {
                clauses(**m).any(|c| c.0 == id && c.1 == clause)
                    && (own_clause.is_none() || bridge.flow(**m).priority() == row.priority())
            });
            let matches: Vec<Match> = members.take(SAMPLES).map(|m| bridge.flow(*m).matches()).collect();
            let next = both.iter().flat_map(|b| matches.iter().filter_map(|m| b.intersect(m))).take(SAMPLES);
            both = next.collect();
        }
        found.extend(both);
    }
    found.truncate(SAMPLES);
    found
}

/// How many ports a packet is sent into.
const PORTS: usize = 8;

/// The ports of a bridge, those of instances first.
fn ports(cx: &Cx<'_>, bridge: usize) -> Vec<u32> {
    let here = cx.world.at(bridge);
    let mut ports: Vec<u32> = here.ports.iter().map(|p| p.number).collect();
    ports.sort_by_key(|n| match cx.names.port(&here.name, *n).map(|w| &w.kind) {
        Some(PortKind::Instance) => 0,
        Some(PortKind::Service(_)) => 1,
        Some(PortKind::Patch { .. } | PortKind::Tunnel { .. }) => 2,
        _ if *n == port::LOCAL => 4,
        _ => 3,
    });
    // Without a list of ports those that flows name are there, and any other number may be one.
    if ports.is_empty() {
        ports = here.names.learned().into_iter().map(|(number, _)| number).collect();
        let named = here.flows.iter().map(|(_, flow)| flow.matches().word(word::IN_PORT));
        ports.extend(named.filter(|(_, mask)| *mask == u32::MAX).map(|(number, _)| number));
        ports.sort_unstable();
        ports.dedup();
        let other = (1..port::MAX).find(|number| ports.binary_search(number).is_err());
        ports.extend(other);
    }
    ports
}

/// How many flows of a clause are tried.
const SAMPLES: usize = 8;

/// A search backwards.
struct Search<'a> {
    cx: &'a Cx<'a>,
    bridge: usize,
    flow: FlowId,
    ports: &'a [u32],
    ways: usize,
    traces: usize,
    is_cut: bool,
}

impl Search<'_> {
    /// A packet that begins in the first table and comes to `table` as `packets`. `answers` are what connection tracking
    /// says on the way from there on.
    fn back(&mut self, table: TableId, packets: &Match, answers: &[u8], depth: usize) -> Option<Way> {
        if self.ways == 0 || depth > DEPTH {
            self.is_cut = true;
            return None;
        }
        self.ways -= 1;
        let here = self.cx.world.at(self.bridge);
        if table == 0
            && let Some(way) = self.start(packets, answers)
        {
            return Some(way);
        }
        for (flow, way) in self.leading(table) {
            let row = here.flow(flow);
            for Before { packets: wanted, answer } in before(&row.actions().0, table, way, packets) {
                let Some(both) = wanted.intersect(&row.matches()) else { continue };
                let mut limits = Limits::new(self.ports);
                let Found::Packets(regions) = witness(here, row.table(), flow, &both, &mut limits) else { continue };
                let mut all = answers.to_vec();
                all.splice(0..0, answer);
                if let Some(way) = regions.iter().find_map(|region| self.back(row.table(), region, &all, depth + 1)) {
                    return Some(way);
                }
                if self.ways == 0 || self.traces == 0 {
                    self.is_cut = true;
                    return None;
                }
            }
        }
        None
    }

    /// The flows that lead to a table, those of the packet's own place first: flows that match more say more of it.
    fn leading(&self, table: TableId) -> Vec<(FlowId, TableId)> {
        let here = self.cx.world.at(self.bridge);
        let mut flows = Vec::new();
        for (start, segment) in here.flows.segments() {
            let leads: Vec<[bool; 2]> = segment
                .action_lists()
                .iter()
                .map(|list| {
                    // A resubmit without a table stays in the flow's own.
                    let to = |own: TableId| {
                        jumps(&list.actions, own, &here.groups).iter().any(|j| j.to == Place::Table(table))
                    };
                    [to(table), to(table.wrapping_add(1))]
                })
                .collect();
            let rows = segment.tables().iter().zip(segment.action_ids()).enumerate();
            flows.extend(rows.filter_map(|(row, (own, list))| {
                let [stays, goes] = leads[usize::from(*list)];
                // Who stays in the table by a resubmit without a number leads to it from itself only, which is no way there.
                let is_leading = if *own == table { stays && goes } else { goes };
                is_leading.then_some((start + row as FlowId, *own))
            }));
        }
        flows
    }

    /// A packet at the beginning, traced: in every port that fits, with what is left free filled in.
    fn start(&mut self, packets: &Match, answers: &[u8]) -> Option<Way> {
        // Nothing was noted yet, and nothing is tracked.
        let clean = (word::REG..word::TUN_ID).chain(word::CT..word::ETH_SRC);
        for id in clean {
            let (value, mask) = packets.word(id);
            if value & mask != 0 {
                return None;
            }
        }
        let here = self.cx.world.at(self.bridge);
        let names = self.cx.names;
        let (wanted, mask) = packets.word(word::IN_PORT);
        let mut ports: Vec<u32> = match mask {
            u32::MAX => vec![wanted],
            _ => self.ports.iter().copied().filter(|n| n & mask == wanted).collect(),
        };
        let is_tunnel = |n: &u32| matches!(names.port(&here.name, *n).map(|w| &w.kind), Some(PortKind::Tunnel { .. }));
        if packets.word(word::TUN_ID + 1).1 != 0 {
            ports.sort_by_key(|n| !is_tunnel(n));
        }
        ports.truncate(PORTS);
        for number in ports {
            for natural in [true, false] {
                if self.traces == 0 {
                    self.is_cut = true;
                    return None;
                }
                self.traces -= 1;
                let mut whole = packets.clone();
                whole.set_word(word::IN_PORT, u32::MAX, number, u32::MAX);
                let mut chosen = Vec::new();
                if natural {
                    self.fill(&mut whole, number, &mut chosen);
                }
                let packet = Packet::of(&whole);
                let options = Options { ct_next: answers.to_vec(), ..Options::default() };
                let found = trace(self.cx.world, self.bridge, &packet, &options);
                let steps = found.passes.iter().flat_map(|pass| &pass.steps);
                let mut hits = steps.filter_map(|step| match &step.what {
                    What::Table { found: trace::Found::Flow { flow, via }, .. }
                        if usize::from(step.bridge) == self.bridge =>
                    {
                        Some(*flow == self.flow || via.contains(&self.flow))
                    }
                    _ => None,
                });
                if hits.any(|is_it| is_it) {
                    return Some(Way { packet, ct_next: answers.to_vec(), chosen });
                }
            }
        }
        None
    }

    /// Gives what is left free a value that a packet of this port would have.
    fn fill(&self, packet: &mut Match, number: u32, chosen: &mut Vec<String>) {
        let bridge = self.cx.world.at(self.bridge);
        let own = self.cx.names.port(&bridge.name, number);
        let mut free = |field: crate::field::FieldId, value: u64, packet: &mut Match| {
            if !packet.meets(field.needs) || !packet.slot(field.slot).1.is_zero() {
                return;
            }
            packet.set_slot(
                field.slot,
                &Bits::from_u64(value, field.slot.width.into()),
                &Bits::ones(field.slot.width.into()),
            );
            let mut text = String::new();
            packet.paint_field(&field, &bridge.names, &mut text);
            chosen.push(text);
        };
        if let Some(mac) = own.and_then(|w| w.mac) {
            free(table::ETH_SRC, mac, packet);
        }
        free(table::ETH_TYPE, ethertype::IP.into(), packet);
        free(table::NW_PROTO, ipproto::TCP.into(), packet);
        let facts = self.cx.snapshot.neutron.as_deref();
        let port = own.and_then(|w| facts?.ports.get(&w.id));
        let v4 = port.and_then(|p| {
            p.fixed_ips.iter().find_map(|ip| match ip {
                std::net::IpAddr::V4(ip) => Some(u32::from(*ip)),
                std::net::IpAddr::V6(_) => None,
            })
        });
        if let Some(address) = v4.filter(|_| packet.value(proto::DL_TYPE) == u64::from(ethertype::IP)) {
            free(table::IP_SRC, address.into(), packet);
        }
        free(table::NW_TTL, 64, packet);
        const EPHEMERAL: u64 = 40_000;
        match packet.value(proto::NW_PROTO) as u8 {
            ipproto::TCP => {
                free(table::TCP_SRC, EPHEMERAL, packet);
                free(table::TCP_DST, 80, packet);
            }
            ipproto::UDP => {
                for (name, value) in [("udp_src", EPHEMERAL), ("udp_dst", 53)] {
                    if let Some(field) = crate::field::FieldId::by_name(name) {
                        free(field, value, packet);
                    }
                }
            }
            ipproto::ICMP => free(table::ICMP_TYPE, 8, packet),
            _ => {}
        }
    }
}
