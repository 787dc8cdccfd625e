//! Security groups as the Open vSwitch firewall driver writes them: which rule wants which flows, and which flows are there.
//!
//! Each rule becomes pairs of flows in table 82 (to the instance) or 72 (from it): one for packets of connections that
//! the rule allowed before, one for new connections. The priority tells the kind of rule. A rule whose other side is a
//! group becomes a conjunction of two clauses, members and services; the driver numbers conjunctions itself, so
//! [`conjunctions`] works out from the flows which number stands for which group. ([`flows`] has the details, from
//! `neutron/agent/linux/openvswitch_firewall/rules.py` and `firewall.py`.)
//!
//! - [`words`]: what people call a rule.
//! - [`intended`]: the flows that a rule wants for a port of a node.
//! - [`audit`]: which of these are there.

pub mod audit;
pub mod conjunctions;
pub mod flows;
pub mod masks;
pub mod words;

use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use audit::{Missing, Status};
pub use flows::{Intended, Part, intended};

use crate::field::Match;
use crate::model::bridge::Bridge;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::security::{Direction, Ethertype, Prefix, Remote, SecurityGroupRule};
use crate::neutron::NodeNames;

/// A port of a node that security groups guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPort {
    /// The UUID of the Neutron port.
    pub id: Arc<str>,
    /// Its number on the bridge.
    pub ofport: u32,
    /// The local VLAN of its network.
    pub vlan: u16,
    /// The UUIDs of its security groups.
    pub groups: Vec<Arc<str>>,
    /// Whether security groups apply at all.
    pub is_filtered: bool,
}

/// What stands behind the number of a conjunction, priority and kind of connection apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair {
    /// The UUID of the group that has the rules.
    pub group: Arc<str>,
    /// The UUID of the security group or address group on the other side.
    pub remote: Arc<str>,
    /// To or from the instance.
    pub direction: Direction,
    /// IPv4 or IPv6.
    pub ethertype: Ethertype,
}

impl Pair {
    /// The pair of a rule; `None` if the other side is no group.
    pub fn of(rule: &SecurityGroupRule) -> Option<Pair> {
        Some(Pair {
            group: rule.group.clone(),
            remote: rule.remote.group()?.clone(),
            direction: rule.direction,
            ethertype: rule.ethertype,
        })
    }
}

/// The rules that count on one bridge, arranged so that the rules of a flow are found at once.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The rules, by group and UUID.
    rules: Vec<SecurityGroupRule>,
    /// The rules by the flows they want: direction, priority, and the match without port, state and port masks.
    by_base: FxHashMap<(Direction, u32, Match), Vec<u32>>,
    /// The rules of each pair.
    by_pair: FxHashMap<Pair, Vec<u32>>,
    /// The rules of each group.
    by_group: FxHashMap<Arc<str>, Vec<u32>>,
}

impl Rules {
    /// The rules that the networking API has.
    pub fn of(facts: &NeutronFacts) -> Rules {
        let mut rules: Vec<SecurityGroupRule> = facts.security_group_rules.values().cloned().collect();
        rules.sort_by(|a, b| (&a.group, &a.id).cmp(&(&b.group, &b.id)));
        let mut known = Rules::default();
        for (at, rule) in rules.iter().enumerate() {
            let at = at as u32;
            let key = (rule.direction, flows::priority(rule), flows::base(rule));
            known.by_base.entry(key).or_default().push(at);
            known.by_group.entry(rule.group.clone()).or_default().push(at);
            if let Some(pair) = Pair::of(rule) {
                known.by_pair.entry(pair).or_default().push(at);
            }
        }
        known.rules = rules;
        known
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules of a group.
    pub fn of_group(&self, group: &str) -> impl Iterator<Item = &SecurityGroupRule> + use<'_> {
        self.by_group.get(group).into_iter().flatten().map(|at| &self.rules[*at as usize])
    }

    /// The rules of a port.
    pub fn of_port(&self, port: &LocalPort) -> Vec<&SecurityGroupRule> {
        port.groups.iter().flat_map(|g| self.of_group(g)).collect()
    }

    /// The rules of a pair.
    pub fn of_pair(&self, pair: &Pair) -> impl Iterator<Item = &SecurityGroupRule> + use<'_> {
        self.by_pair.get(pair).into_iter().flatten().map(|at| &self.rules[*at as usize])
    }

    /// The pairs that rules have.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.by_pair.keys()
    }

    /// The rules that want flows of this direction, priority and base.
    pub(super) fn of_base(
        &self,
        direction: Direction,
        priority: u32,
        base: Match,
    ) -> impl Iterator<Item = &SecurityGroupRule> + use<'_> {
        self.by_base.get(&(direction, priority, base)).into_iter().flatten().map(|at| &self.rules[*at as usize])
    }
}

/// The ports of a bridge that Neutron knows, by their number on it.
pub fn local_ports(bridge: &Bridge, names: &NodeNames, facts: &NeutronFacts) -> FxHashMap<u32, LocalPort> {
    let mut ports = FxHashMap::default();
    for (ofport, word) in names.ports(&bridge.name).into_iter().filter(|(_, w)| !w.id.is_empty()) {
        let Some(known) = facts.ports.get(&word.id) else { continue };
        // Ports of routers and DHCP servers are trusted (`OVSFirewallDriver.prepare_port_filter` is not asked).
        let is_filtered = known.port_security != Some(false) && !known.device_owner.starts_with("network:");
        let port = LocalPort {
            id: word.id.clone(),
            ofport,
            vlan: word.vlan.unwrap_or(0),
            groups: known.security_groups.clone(),
            is_filtered,
        };
        ports.insert(ofport, port);
    }
    ports
}

/// The addresses behind the other side of a rule that is a group, with the MAC address that goes with each, as the
/// driver counts them: every address of every port of the group, wherever the port is, and its allowed address pairs.
pub fn members(facts: &NeutronFacts, remote: &Remote, ethertype: Ethertype) -> Vec<(Prefix, Option<u64>)> {
    let mut found: Vec<(Prefix, Option<u64>)> = match remote {
        Remote::Any => Vec::new(),
        Remote::Prefix(prefix) => vec![(*prefix, None)],
        Remote::AddressGroup(id) => {
            facts.address_groups.get(id).into_iter().flat_map(|g| g.addresses.iter().map(|a| (*a, None))).collect()
        }
        Remote::Group(id) => {
            let ports = facts.ports.values().filter(|p| p.security_groups.contains(id));
            ports
                .flat_map(|p| {
                    let own = p.fixed_ips.iter().map(|a| (Prefix::host(*a), p.mac));
                    own.chain(p.address_pairs.iter().map(|pair| (pair.addresses, pair.mac.or(p.mac))))
                })
                .collect()
        }
    };
    found.retain(|(prefix, _)| prefix.ethertype() == ethertype);
    found.sort_unstable();
    found.dedup();
    found
}
