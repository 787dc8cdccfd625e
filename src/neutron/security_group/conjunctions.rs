//! Which groups the numbers of conjunctions stand for.
//!
//! The driver gives every pair of a group and a remote group eight numbers, as it comes across them
//! (`ConjIdMap.get_conj_id`), and tells nobody. But each clause of services says for which port and which service the
//! number stands, so only some pairs are possible; several such clauses, and the addresses of the members, mostly leave
//! one.

use rustc_hash::{FxHashMap, FxHashSet};

use super::flows::{direction_of, rules_of, take_apart};
use super::{LocalPort, Pair, Rules, members};
use crate::action::Action;
use crate::field::proto::{DL_TYPE, ethertype};
use crate::field::{Match, table};
use crate::model::bridge::Bridge;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::security::{Direction, Ethertype, Prefix, Remote};
use crate::model::store::FlowRef;

/// The numbers of one pair: two for each priority.
pub const NUMBERS: u32 = 8;

/// What is known of the conjunctions of a bridge, by the first of each pair's numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conjunctions {
    found: FxHashMap<u32, Known>,
    numbers: FxHashMap<Pair, u32>,
}

/// What is known of the numbers of one pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The pairs that it may be; one if it is certain, none if nothing fits.
    pub pairs: Vec<Pair>,
    /// The members that are there.
    pub members: Vec<Prefix>,
    /// Whether it has services. If not, no rule uses it any more, and what is left are members.
    pub has_services: bool,
}

/// The clauses of conjunctions that a flow is: number, and which of how many.
pub fn clauses(flow: FlowRef<'_>) -> impl Iterator<Item = (u32, u8, u8)> + use<'_> {
    flow.actions().0.iter().filter_map(|action| match action {
        Action::Conjunction(c) => Some((c.id, c.clause, c.n_clauses)),
        _ => None,
    })
}

/// The first number of the pair that a number belongs to.
pub fn first(id: u32) -> u32 {
    id - id % NUMBERS
}

/// The addresses of the other side that a flow matches; `None` if it does not match any.
pub fn remote_prefix(matches: &Match, direction: Direction) -> Option<Prefix> {
    let family = match matches.value(DL_TYPE) as u16 {
        ethertype::IP => Ethertype::Ipv4,
        ethertype::IPV6 => Ethertype::Ipv6,
        _ => return None,
    };
    let field = match (family, direction) {
        (Ethertype::Ipv4, Direction::Ingress) => table::IP_SRC,
        (Ethertype::Ipv4, Direction::Egress) => table::IP_DST,
        (Ethertype::Ipv6, Direction::Ingress) => table::IPV6_SRC,
        (Ethertype::Ipv6, Direction::Egress) => table::IPV6_DST,
    };
    let (value, mask) = matches.slot(field.slot);
    let length = mask.prefix_length(family.bits().into())? as u8;
    let address = match family {
        Ethertype::Ipv4 => std::net::IpAddr::V4((value.to_u64() as u32).into()),
        Ethertype::Ipv6 => std::net::IpAddr::V6(value.to_u128().into()),
    };
    Some(Prefix { address, length })
}

impl Conjunctions {
    /// Of a bridge.
    pub fn of(bridge: &Bridge, ports: &FxHashMap<u32, LocalPort>, rules: &Rules, facts: &NeutronFacts) -> Self {
        let mut found: FxHashMap<u32, Known> = FxHashMap::default();
        let tables = bridge.tables().iter().filter(|t| direction_of(t.id).is_some());
        for flow in tables.flat_map(|t| t.flows.iter().map(|id| bridge.flow(*id))) {
            let mut of_flow = clauses(flow).filter(|(_, _, n)| *n == 2).peekable();
            if of_flow.peek().is_none() {
                continue;
            }
            let Some(taken) = take_apart(flow.table(), flow.priority(), &flow.matches()) else { continue };
            let prefix = remote_prefix(&taken.base, taken.direction);
            let port = taken.ofport.and_then(|n| ports.get(&n));
            let fitting: FxHashSet<Pair> = port
                .map(|port| rules_of(rules, &port.groups, flow.priority(), &taken))
                .into_iter()
                .flatten()
                .filter_map(Pair::of)
                .collect();
            for (id, clause, _) in of_flow {
                let known = found.entry(first(id)).or_default();
                match clause {
                    1 => known.members.extend(prefix),
                    _ => known.narrow(&fitting),
                }
            }
        }
        for known in found.values_mut() {
            known.members.sort_unstable();
            known.members.dedup();
        }
        let mut conjunctions = Conjunctions { found, numbers: FxHashMap::default() };
        conjunctions.settle(facts);
        conjunctions
    }

    /// Gives each pair to one number: first where only one is possible, then by the members.
    fn settle(&mut self, facts: &NeutronFacts) {
        let mut open: Vec<u32> = self.found.iter().filter(|(_, k)| !k.pairs.is_empty()).map(|(n, _)| *n).collect();
        open.sort_unstable();
        let mut of_pair: FxHashMap<Pair, Vec<Prefix>> = FxHashMap::default();
        while !open.is_empty() {
            let certain = open.iter().position(|n| self.found[n].pairs.len() == 1);
            let likely = || open.iter().position(|n| self.found[n].likeliest(&mut of_pair, facts).is_some());
            let Some(at) = certain.or_else(likely) else { break };
            let number = open.remove(at);
            let Some(known) = self.found.get_mut(&number) else { continue };
            if let Some(pair) = known.likeliest(&mut of_pair, facts) {
                known.pairs = vec![pair];
            }
            let [pair] = &known.pairs[..] else { continue };
            let pair = pair.clone();
            for other in &open {
                if let Some(known) = self.found.get_mut(other).filter(|k| k.pairs.len() > 1) {
                    known.pairs.retain(|p| *p != pair);
                }
            }
            self.numbers.entry(pair).or_insert(number);
        }
    }

    /// What is known of a number.
    pub fn known(&self, id: u32) -> Option<&Known> {
        self.found.get(&first(id))
    }

    /// The pair that a number stands for, if that is certain.
    pub fn pair(&self, id: u32) -> Option<&Pair> {
        match &self.known(id)?.pairs[..] {
            [pair] => Some(pair),
            _ => None,
        }
    }

    /// The first of the eight numbers of a pair.
    pub fn number(&self, pair: &Pair) -> Option<u32> {
        self.numbers.get(pair).copied()
    }

    /// The first number of each pair, with what is known of it.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Known)> {
        self.found.iter().map(|(n, k)| (*n, k))
    }
}

impl Known {
    /// Leaves only the pairs that fit a clause of services. A clause that no rule fits says nothing: the rule is gone.
    fn narrow(&mut self, fitting: &FxHashSet<Pair>) {
        let had_any = self.has_services;
        self.has_services = true;
        if fitting.is_empty() {
            return;
        }
        if !had_any || self.pairs.is_empty() {
            self.pairs = fitting.iter().cloned().collect();
            self.pairs.sort_unstable();
        } else if self.pairs.iter().any(|p| fitting.contains(p)) {
            self.pairs.retain(|p| fitting.contains(p));
        }
    }

    /// The only one of several pairs whose members are exactly those that are there, or else the nearest.
    fn likeliest(&self, of_pair: &mut FxHashMap<Pair, Vec<Prefix>>, facts: &NeutronFacts) -> Option<Pair> {
        let mut best: Option<(usize, &Pair)> = None;
        let mut is_tied = false;
        for pair in &self.pairs {
            let wanted = of_pair.entry(pair.clone()).or_insert_with(|| remote_members(facts, pair));
            let here: FxHashSet<&Prefix> = self.members.iter().collect();
            let both = wanted.iter().filter(|m| here.contains(m)).count();
            let distance = wanted.len() + self.members.len() - 2 * both;
            match best {
                Some((least, _)) if distance > least => {}
                Some((least, _)) if distance == least => is_tied = true,
                _ => {
                    best = Some((distance, pair));
                    is_tied = false;
                }
            }
        }
        best.filter(|_| !is_tied).map(|(_, pair)| pair.clone())
    }
}

/// The addresses of a pair's other side.
fn remote_members(facts: &NeutronFacts, pair: &Pair) -> Vec<Prefix> {
    let is_address_group = facts.address_groups.contains_key(&pair.remote);
    let remote = if is_address_group { Remote::AddressGroup } else { Remote::Group }(pair.remote.clone());
    let mut found: Vec<Prefix> = members(facts, &remote, pair.ethertype).into_iter().map(|(p, _)| p).collect();
    found.dedup();
    found
}
