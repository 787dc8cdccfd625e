//! One bridge in the numbers of another: what is called otherwise on two nodes, but is there for the same.
//!
//! Ports, local VLANs, addresses and conjunctions get the numbers that the other side has for them, in matches and in
//! actions. Renaming never makes two things one: a number that the other side uses for something else moves away.

use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::{Diff, Options, diff};
use crate::action::conntrack::Zone;
use crate::action::{Action, Actions};
use crate::field::names::port;
use crate::field::slot::{Slot, word};
use crate::field::{Bits, Match};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::Flow;
use crate::model::store::{FlowStore, Segment};

/// What the numbers of one side are on the other.
#[derive(Debug, Clone, Default)]
pub struct Renames {
    /// OpenFlow ports.
    pub ports: FxHashMap<u32, u32>,
    /// Local VLANs, which zones of connection tracking are called after.
    pub vlans: FxHashMap<u16, u16>,
    /// MAC addresses.
    pub macs: FxHashMap<u64, u64>,
    /// IPv4 addresses.
    pub v4: FxHashMap<u32, u32>,
    /// IPv6 addresses.
    pub v6: FxHashMap<u128, u128>,
    /// Where registers carry a port.
    pub port_registers: Vec<Slot>,
    /// Where registers carry a local VLAN.
    pub vlan_registers: Vec<Slot>,
    /// Conjunctions; filled by [`by_role`].
    pub conjunctions: FxHashMap<u32, u32>,
}

/// What a number names.
#[derive(Clone, Copy)]
enum Kind {
    Port,
    Vlan,
    Mac,
    V4,
    V6,
    Conjunction,
}

/// Where matches hold such numbers.
const PLACES: [(Slot, Kind); 18] = [
    (Slot::new(word::IN_PORT, 0, 32), Kind::Port),
    (Slot::new(word::ACTSET_OUTPUT, 0, 32), Kind::Port),
    (Slot::new(word::VLAN, 0, 12), Kind::Vlan),
    (Slot::new(word::CT, 16, 16), Kind::Vlan),
    (Slot::new(word::ETH_SRC, 0, 48), Kind::Mac),
    (Slot::new(word::ETH_DST, 0, 48), Kind::Mac),
    (Slot::new(word::ARP_SHA, 0, 48), Kind::Mac),
    (Slot::new(word::ARP_THA, 0, 48), Kind::Mac),
    (Slot::new(word::IP_SRC, 0, 32), Kind::V4),
    (Slot::new(word::IP_DST, 0, 32), Kind::V4),
    (Slot::new(word::CT_NW_SRC, 0, 32), Kind::V4),
    (Slot::new(word::CT_NW_DST, 0, 32), Kind::V4),
    (Slot::new(word::IPV6_SRC, 0, 128), Kind::V6),
    (Slot::new(word::IPV6_DST, 0, 128), Kind::V6),
    (Slot::new(word::ND_TARGET, 0, 128), Kind::V6),
    (Slot::new(word::CT_IPV6_SRC, 0, 128), Kind::V6),
    (Slot::new(word::CT_IPV6_DST, 0, 128), Kind::V6),
    (Slot::new(word::CONJ_ID, 0, 32), Kind::Conjunction),
];

impl Renames {
    fn number(&self, kind: Kind, value: &Bits) -> Option<Bits> {
        let n = value.to_u64();
        Some(match kind {
            Kind::Port => Bits::from_u64((*self.ports.get(&(n as u32))?).into(), 32),
            Kind::Vlan => Bits::from_u64((*self.vlans.get(&(n as u16))?).into(), 16),
            Kind::Mac => Bits::from_u64(*self.macs.get(&n)?, 48),
            Kind::V4 => Bits::from_u64((*self.v4.get(&(n as u32))?).into(), 32),
            Kind::V6 => Bits::from_u128(*self.v6.get(&value.to_u128())?, 128),
            Kind::Conjunction => Bits::from_u64((*self.conjunctions.get(&(n as u32))?).into(), 32),
        })
    }

    /// A match in the other side's numbers. Only numbers that are matched whole are renamed.
    pub fn matches(&self, own: &Match) -> Match {
        let mut out = own.clone();
        let registers = |slots: &[Slot], kind: Kind| slots.iter().map(move |slot| (*slot, kind)).collect::<Vec<_>>();
        let registers =
            registers(&self.port_registers, Kind::Port).into_iter().chain(registers(&self.vlan_registers, Kind::Vlan));
        for (slot, kind) in PLACES.into_iter().chain(registers) {
            let (value, mask) = own.slot(slot);
            let width = usize::from(slot.width);
            if mask.is_ones(width)
                && let Some(mut number) = self.number(kind, &value)
            {
                number.truncate(width);
                out.set_slot(slot, &number, &mask);
            }
        }
        out
    }

    fn port(&self, number: u32) -> u32 {
        self.ports.get(&number).copied().unwrap_or(number)
    }

    /// Actions in the other side's numbers.
    pub fn actions(&self, actions: &Actions) -> Actions {
        Actions(actions.0.iter().map(|action| self.action(action.clone())).collect())
    }

    fn action(&self, action: Action) -> Action {
        match action {
            Action::Output(mut out) => {
                out.port = self.port(out.port);
                out.into()
            }
            Action::OutputTrunc(mut out) => {
                out.port = self.port(out.port);
                out.into()
            }
            Action::Enqueue(mut out) => {
                out.port = self.port(out.port);
                out.into()
            }
            Action::Bundle(mut bundle) => {
                bundle.members.iter_mut().for_each(|member| *member = self.port(*member));
                Action::Bundle(bundle)
            }
            Action::Resubmit(mut resubmit) if resubmit.in_port != port::IN_PORT => {
                resubmit.in_port = self.port(resubmit.in_port);
                resubmit.into()
            }
            Action::Conjunction(mut one) => {
                one.id = self.conjunctions.get(&one.id).copied().unwrap_or(one.id);
                one.into()
            }
            Action::SetField(mut set) => {
                let slot = set.field.slot;
                let mut own = Match::any();
                own.set_slot(slot, &set.value, &set.mask);
                let renamed = self.matches(&own);
                if renamed != own {
                    set.value = renamed.slot(slot).0;
                }
                set.into()
            }
            Action::Ct(mut ct) => {
                if let Zone::Number(zone) = &mut ct.zone {
                    *zone = self.vlans.get(zone).copied().unwrap_or(*zone);
                }
                ct.actions = self.actions(&ct.actions);
                Action::Ct(ct)
            }
            Action::Clone(mut copy) => {
                copy.actions = self.actions(&copy.actions);
                copy.into()
            }
            Action::WriteActions(mut write) => {
                write.actions = self.actions(&write.actions);
                write.into()
            }
            other => other,
        }
    }

    fn flow(&self, flow: &Flow) -> Flow {
        Flow { matches: self.matches(&flow.matches), actions: self.actions(&flow.actions), ..flow.clone() }
    }
}

/// What changed from bridge `a` to bridge `b`, if what `renames` says is the same thing. The numbers of flows are those
/// of the bridges as they are. Conjunctions are paired by what belongs to them, and added to `renames`.
pub fn by_role(a: &Bridge, b: &Bridge, renames: &mut Renames, options: &Options) -> Diff {
    let ids: Vec<FlowId> = a.flows.iter().map(|(id, _)| id).collect();
    let flows: Vec<Flow> = a.flows.iter().map(|(_, row)| renames.flow(&row.to_flow())).collect();
    let theirs: Vec<Flow> = b.flows.iter().map(|(_, row)| row.to_flow()).collect();
    renames.conjunctions = conjunctions(&flows, &theirs);
    let last = Renames { conjunctions: renames.conjunctions.clone(), ..Renames::default() };
    let flows: Vec<Flow> = flows.iter().map(|flow| last.flow(flow)).collect();
    let empty = Bridge { flows: FlowStore::default(), ..a.clone() };
    let renamed = flows.chunks(Segment::ROWS).fold(empty, |bridge, chunk| bridge.with(chunk));
    let places: Vec<FlowId> = renamed.flows.iter().map(|(id, _)| id).collect();
    let original: FxHashMap<FlowId, FlowId> = places.into_iter().zip(ids).collect();
    let mut found = diff(&renamed, b, options);
    found.removed.iter_mut().for_each(|id| *id = original[id]);
    found.modified.iter_mut().for_each(|modified| modified.old = original[&modified.old]);
    found
}

/// The conjunctions of one side by those of the other that have most in common with them.
fn conjunctions(a: &[Flow], b: &[Flow]) -> FxHashMap<u32, u32> {
    let (left, right) = (members(a), members(b));
    // Who has a member, and how much two have in common.
    let mut by_member: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
    for (id, all) in &right {
        all.iter().for_each(|member| by_member.entry(*member).or_default().push(*id));
    }
    let mut common: Vec<(usize, u32, u32)> = Vec::new();
    for (id, all) in &left {
        let mut counts: FxHashMap<u32, usize> = FxHashMap::default();
        let others = all.iter().filter_map(|member| by_member.get(member)).flatten();
        others.for_each(|other| *counts.entry(*other).or_default() += 1);
        common.extend(counts.into_iter().map(|(other, n)| (n, *id, other)));
    }
    common.sort_unstable_by_key(|(n, id, other)| (std::cmp::Reverse(*n), *id, *other));
    let (mut found, mut taken) = (FxHashMap::default(), FxHashSet::default());
    for (_, id, other) in common {
        if !found.contains_key(&id) && taken.insert(other) {
            found.insert(id, other);
        }
    }
    // Those that are left must not get in the way of those that were paired.
    let mut next = right.keys().chain(left.keys()).copied().max().unwrap_or(0);
    for id in left.keys().filter(|id| right.contains_key(id)) {
        found.entry(*id).or_insert_with(|| {
            next = next.saturating_add(1);
            next
        });
    }
    found
}

/// What belongs to each conjunction: its clauses and the flows it leads to, each as one number.
fn members(flows: &[Flow]) -> FxHashMap<u32, FxHashSet<u64>> {
    let mut all: FxHashMap<u32, FxHashSet<u64>> = FxHashMap::default();
    let number = |what: &dyn Fn(&mut rustc_hash::FxHasher)| {
        let mut hasher = FxBuildHasher.build_hasher();
        what(&mut hasher);
        std::hash::Hasher::finish(&hasher)
    };
    for flow in flows {
        for action in &flow.actions.0 {
            if let Action::Conjunction(one) = action {
                let member = number(&|h| (flow.table, flow.priority, &flow.matches, one.clause, one.n_clauses).hash(h));
                all.entry(one.id).or_default().insert(member);
            }
        }
        let (id, mask) = flow.matches.word(word::CONJ_ID);
        if mask == u32::MAX {
            let mut matches = flow.matches.clone();
            matches.set_word(word::CONJ_ID, u32::MAX, 0, 0);
            all.entry(id).or_default().insert(number(&|h| (flow.table, flow.priority, &matches).hash(h)));
        }
    }
    all
}
