//! Whether the flows that rules want are there.

use rustc_hash::FxHashMap;

use super::conjunctions::Conjunctions;
use super::flows::{EGRESS_TABLE, INGRESS_TABLE, Intended, Part, direction_of, intended_members, intended_of_port};
use super::{LocalPort, Pair, Rules};
use crate::field::Match;
use crate::field::slot::word;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::security::SecurityGroupRule;

/// Whether the flows of a rule are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// All of them.
    Installed,
    /// Some of them.
    Partial,
    /// None of them.
    Missing,
}

impl Status {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Status::Installed => "installed",
            Status::Partial => "partial",
            Status::Missing => "missing",
        }
    }
}

/// What is missing of a rule on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing<'a> {
    /// The rule.
    pub rule: &'a SecurityGroupRule,
    /// The number of the port.
    pub ofport: u32,
    /// Whether all of it is missing.
    pub status: Status,
    /// The flows that should be there and are not.
    pub flows: Vec<Intended>,
}

/// The flows of the tables of rules, by what they match, so that one can be looked up.
#[derive(Debug, Clone, Default)]
pub struct Installed {
    flows: FxHashMap<(TableId, u32, Match), FlowId>,
}

impl Installed {
    /// Of a bridge.
    pub fn of(bridge: &Bridge) -> Installed {
        let tables = bridge.tables().iter().filter(|t| direction_of(t.id).is_some());
        let ids = tables.flat_map(|t| t.flows.iter());
        let key = |id: &FlowId| {
            let flow = bridge.flow(*id);
            ((flow.table(), flow.priority(), flow.matches()), *id)
        };
        Installed { flows: ids.map(key).collect() }
    }

    /// The flow that is wanted, if it is there. A clause must also name its conjunction, if that is known.
    pub fn find(&self, bridge: &Bridge, wanted: &Intended) -> Option<FlowId> {
        let id = *self.flows.get(&(wanted.table, wanted.priority, wanted.matches.clone()))?;
        let is_clause = matches!(wanted.part, Part::Member | Part::Service) && !wanted.actions.is_empty();
        let text = &bridge.flow(id).action_list().text;
        (!is_clause || text.contains(&wanted.actions)).then_some(id)
    }

    /// The flows that are wanted and not there. An accepting flow whose conjunction is not known counts as there.
    fn missing(&self, bridge: &Bridge, wanted: Vec<Intended>) -> Vec<Intended> {
        let is_known = |w: &Intended| w.part != Part::Accept || w.matches.word(word::CONJ_ID).1 != 0;
        wanted.into_iter().filter(|w| is_known(w) && self.find(bridge, w).is_none()).collect()
    }
}

/// The rules of a bridge's ports some of whose flows are missing, by port.
pub fn missing<'a>(
    bridge: &Bridge,
    facts: &NeutronFacts,
    rules: &'a Rules,
    ports: &FxHashMap<u32, LocalPort>,
    conjunctions: &Conjunctions,
) -> Vec<Missing<'a>> {
    // Another driver, such as that of iptables, writes no flows for rules.
    if ![EGRESS_TABLE, INGRESS_TABLE].into_iter().all(|table| bridge.table(table).is_some()) {
        return Vec::new();
    }
    let installed = Installed::of(bridge);
    let mut in_order: Vec<&LocalPort> = ports.values().filter(|p| p.is_filtered).collect();
    in_order.sort_by_key(|p| p.ofport);
    let mut members: FxHashMap<(&str, u16), Vec<Intended>> = FxHashMap::default();
    let mut found = Vec::new();
    for port in in_order {
        let of_port = rules.of_port(port);
        for rule in &of_port {
            let number = |pair: &Pair| conjunctions.number(pair);
            // Members are shared by all ports of a network, so they are looked up once, and do not tell that the rule is
            // there.
            let of_network = members
                .entry((&*rule.id, port.vlan))
                .or_insert_with(|| installed.missing(bridge, intended_members(facts, port.vlan, rule, number)));
            let wanted = intended_of_port(port, rule, &of_port, number);
            let all = wanted.len();
            let mut flows = installed.missing(bridge, wanted);
            let gone = flows.len();
            flows.extend(of_network.iter().cloned());
            if flows.is_empty() {
                continue;
            }
            let status = if gone == all { Status::Missing } else { Status::Partial };
            found.push(Missing { rule, ofport: port.ofport, status, flows });
        }
    }
    found
}
