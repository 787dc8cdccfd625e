//! The rules of security groups behind flows of tables 72 and 82.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::NodeNames;
use super::neutron;
use crate::action::Action;
use crate::field::names::port;
use crate::model::bridge::Bridge;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::owner::{How, Owner, OwnerKind};
use crate::model::security::{Direction, Ethertype, Remote, SecurityGroupRule, SecurityLog};
use crate::model::store::FlowRef;
use crate::neutron::security_group::conjunctions::{self, Conjunctions, clauses, remote_prefix};
use crate::neutron::security_group::flows::{
    self, DROP_LOG_TABLE, EGRESS_LOG_TABLE, INGRESS_LOG_TABLE, PORT_WORD, Taken, direction_of, rules_of, take_apart,
    take_log_apart,
};
use crate::neutron::security_group::{LocalPort, Pair, Rules, local_ports, words};

/// What is known of security groups on one bridge.
#[derive(Debug, Clone, Default)]
pub struct SecurityGroups {
    /// The rules.
    pub rules: Rules,
    /// The ports of the bridge that Neutron knows, by number.
    pub ports: FxHashMap<u32, LocalPort>,
    /// What the numbers of conjunctions stand for.
    pub conjunctions: Conjunctions,
    /// What rules are called, by UUID.
    names: FxHashMap<Arc<str>, Arc<str>>,
}

fn is_to_controller(action: &Action) -> bool {
    match action {
        Action::Controller(_) => true,
        Action::Output(output) => output.port == port::CONTROLLER,
        _ => false,
    }
}

/// Whether a log writes down what a port drops, or accepts.
fn is_about(log: &SecurityLog, port: &LocalPort, is_drop: bool) -> bool {
    let is_here = log.port.is_empty() || log.port == port.id;
    is_here
        && (log.group.is_empty() || port.groups.contains(&log.group))
        && if is_drop { log.of_dropped } else { log.of_accepted }
}

impl SecurityGroups {
    /// Of a bridge.
    pub fn of(bridge: &Bridge, names: &NodeNames, facts: &NeutronFacts) -> SecurityGroups {
        let rules = Rules::of(facts);
        let ports = local_ports(bridge, names, facts);
        let conjunctions = Conjunctions::of(bridge, &ports, &rules, facts);
        let name = |rule: &SecurityGroupRule| (rule.id.clone(), words::sentence(facts, rule).into());
        let names = facts.security_group_rules.values().map(name).collect();
        SecurityGroups { rules, ports, conjunctions, names }
    }

    /// The rules that want a flow, each with how that is known.
    pub fn rules_of(&self, flow: FlowRef<'_>) -> Vec<(&SecurityGroupRule, How)> {
        let Some(taken) = take_apart(flow.table(), flow.priority(), &flow.matches()) else { return Vec::new() };
        self.rules_of_taken(flow, &taken)
    }

    fn rules_of_taken(&self, flow: FlowRef<'_>, taken: &Taken) -> Vec<(&SecurityGroupRule, How)> {
        let port = taken.ofport.and_then(|n| self.ports.get(&n));
        let mut found = match (port, taken.accepts) {
            (Some(port), Some(id)) => self.rules_of_number(id, |rule| port.groups.contains(&rule.group)),
            (Some(port), None) => {
                let rules = rules_of(&self.rules, &port.groups, flow.priority(), taken);
                // A clause names its conjunctions, so a rule whose conjunction is another one does not count.
                let numbers: Vec<u32> = clauses(flow).map(|(id, ..)| conjunctions::first(id)).collect();
                let is_named = |rule: &&SecurityGroupRule| {
                    let own = Pair::of(rule).and_then(|pair| self.conjunctions.number(&pair));
                    own.is_none_or(|own| numbers.contains(&own))
                };
                rules.into_iter().filter(is_named).map(|rule| (rule, How::NeutronFile)).collect()
            }
            (None, _) => {
                let vlan = taken.vlan.and_then(|v| u16::try_from(v).ok());
                let is_here = |rule: &SecurityGroupRule| {
                    let has_it =
                        |p: &LocalPort| Some(p.vlan) == vlan && p.is_filtered && p.groups.contains(&rule.group);
                    vlan.is_some() && self.ports.values().any(has_it)
                };
                clauses(flow).flat_map(|(id, ..)| self.rules_of_number(id, is_here)).collect()
            }
        };
        found.sort_by(|a, b| (&a.0.group, &a.0.id).cmp(&(&b.0.group, &b.0.id)));
        found.dedup_by(|a, b| a.0.id == b.0.id);
        found
    }

    /// The rules behind a number of a conjunction.
    fn rules_of_number(&self, id: u32, counts: impl Fn(&SecurityGroupRule) -> bool) -> Vec<(&SecurityGroupRule, How)> {
        let Some(known) = self.conjunctions.known(id) else { return Vec::new() };
        let why = if known.pairs.len() == 1 { How::Pattern } else { How::Guessed };
        let offset = id % conjunctions::NUMBERS / 2;
        let rules = known.pairs.iter().flat_map(|pair| self.rules.of_pair(pair));
        rules.filter(|r| flows::offset(r) == offset && counts(r)).map(|r| (r, why)).collect()
    }

    /// Adds the owners of a flow: the rules, then their groups.
    pub(super) fn owners(&self, facts: &NeutronFacts, flow: FlowRef<'_>, found: &mut Vec<Owner>) {
        if matches!(flow.table(), EGRESS_LOG_TABLE | INGRESS_LOG_TABLE | DROP_LOG_TABLE) {
            return self.log_owners(facts, flow, found);
        }
        if direction_of(flow.table()).is_none() {
            return;
        }
        let Some(taken) = take_apart(flow.table(), flow.priority(), &flow.matches()) else { return };
        let rules = self.rules_of_taken(flow, &taken);
        self.name(facts, &rules, found);
        if rules.is_empty() {
            let why = if self.rules.is_empty() { How::Pattern } else { How::NeutronFile };
            found.push(neutron(OwnerKind::SecurityGroupRule, "", self.unknown_rule(flow, &taken), why));
        }
    }

    /// Adds rules, then their groups.
    fn name(&self, facts: &NeutronFacts, rules: &[(&SecurityGroupRule, How)], found: &mut Vec<Owner>) {
        for (rule, why) in rules {
            let name = self.names.get(&rule.id).cloned().unwrap_or_else(|| words::sentence(facts, rule).into());
            found.push(neutron(OwnerKind::SecurityGroupRule, &rule.id, name, *why));
        }
        let mut groups: Vec<(&Arc<str>, How)> = rules.iter().map(|(rule, why)| (&rule.group, *why)).collect();
        groups.sort_unstable();
        groups.dedup_by(|a, b| a.0 == b.0);
        for (group, why) in groups {
            found.push(neutron(OwnerKind::SecurityGroup, group, words::group_name(facts, group), why));
        }
    }

    /// The log that a flow writes, and the rules whose packets it logs.
    fn log_owners(&self, facts: &NeutronFacts, flow: FlowRef<'_>, found: &mut Vec<Owner>) {
        if !flow.actions().0.iter().any(is_to_controller) {
            return;
        }
        let (ofport, mask) = flow.word(PORT_WORD);
        let Some(port) = self.ports.get(&ofport).filter(|_| mask == u32::MAX) else { return };
        let is_drop = flow.table() == DROP_LOG_TABLE;
        let mut logs: Vec<&SecurityLog> = facts.logs.values().filter(|log| is_about(log, port, is_drop)).collect();
        logs.sort_by(|a, b| a.id.cmp(&b.id));
        let why = if logs.len() == 1 { How::NeutronFile } else { How::Guessed };
        found.extend(logs.iter().map(|log| neutron(OwnerKind::Log, &log.id, log.name.clone(), why)));
        let Some(taken) = take_log_apart(flow.table(), flow.priority(), &flow.matches()) else { return };
        let rules = match taken.accepts {
            // The log asks for the first number of new connections, whatever the service.
            Some(id) => {
                let pair = self.conjunctions.pair(id).into_iter().flat_map(|pair| self.rules.of_pair(pair));
                pair.filter(|r| port.groups.contains(&r.group)).map(|r| (r, How::Pattern)).collect()
            }
            None => self.rules_of_taken(flow, &taken),
        };
        self.name(facts, &rules, found);
    }

    /// Whether a flow was made for a rule that the networking API, which was captured too, no longer has.
    pub fn is_stale(&self, flow: FlowRef<'_>) -> bool {
        let taken = take_apart(flow.table(), flow.priority(), &flow.matches());
        !self.rules.is_empty() && taken.is_some_and(|taken| self.rules_of_taken(flow, &taken).is_empty())
    }

    /// What a flow alone says of the rule that wanted it.
    fn unknown_rule(&self, flow: FlowRef<'_>, taken: &Taken) -> String {
        let protocol = taken.base.slot(crate::field::proto::NW_PROTO);
        let icmp = |field: crate::field::FieldId| {
            let (value, mask) = taken.base.slot(field.slot);
            (!mask.is_zero()).then(|| value.to_u64() as u16)
        };
        let mut rule = SecurityGroupRule {
            direction: taken.direction,
            protocol: (!protocol.1.is_zero()).then(|| protocol.0.to_u64() as u8),
            ethertype: match taken.base.value(crate::field::proto::DL_TYPE) as u16 {
                crate::field::proto::ethertype::IPV6 => Ethertype::Ipv6,
                _ => Ethertype::Ipv4,
            },
            ports: taken.ports.map_or((None, None), |(first, last)| (Some(first), Some(last))),
            remote: remote_prefix(&taken.base, taken.direction)
                .filter(|p| p.length > 0)
                .map_or(Remote::Any, Remote::Prefix),
            ..SecurityGroupRule::default()
        };
        if rule.is_icmp() {
            rule.ports = (icmp(crate::field::table::ICMP_TYPE), icmp(crate::field::table::ICMP_CODE));
        }
        let number = taken.accepts.or_else(|| clauses(flow).next().map(|(id, ..)| id));
        let what = if self.rules.is_empty() { "a rule" } else { "a rule that is gone" };
        let service = words::service(&rule);
        let direction = taken.direction.name();
        match (number, &rule.remote) {
            (Some(id), Remote::Prefix(prefix)) => {
                format!("{what}: {direction}, {prefix} is a member of the group of conjunction {id}")
            }
            (Some(id), _) => {
                let members = self.conjunctions.known(id).map_or(0, |k| k.members.len());
                let side = if taken.direction == Direction::Ingress { "from" } else { "to" };
                format!("{what}: {direction} {service} {side} the {members} members of conjunction {id}")
            }
            (None, Remote::Prefix(prefix)) => {
                format!("{what}: {direction} {service} {} {prefix}", taken.direction.preposition())
            }
            (None, _) => format!("{what}: {direction} {service}"),
        }
    }
}
