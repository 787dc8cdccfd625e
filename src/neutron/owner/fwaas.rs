//! The firewall rules behind flows of tables 65 and 69 (firewall as a service on ports of instances).
//!
//! The driver numbers the rules of a policy from its last rule upwards, so the priority of a flow tells the rule. It
//! leaves out addresses and installs disabled rules; the names of such owners say so, because the rule alone would
//! promise something else (`neutron_fwaas/services/firewall/service_drivers/agents/drivers/linux/l2/openvswitch_firewall`).

use rustc_hash::FxHashMap;

use super::super::names::short_id;
use crate::field::proto::{DL_TYPE, NW_PROTO, ethertype};
use crate::model::flow::TableId;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::owner::{How, Owner, OwnerKind, System};
use crate::model::security::{Direction, Ethertype, FirewallRule, Verdict, protocol_name};
use crate::model::store::FlowRef;
use crate::neutron::security_group::LocalPort;
use crate::neutron::security_group::flows::{DROP_LOG_TABLE, PORT_WORD};
use crate::neutron::signs::next_table;

/// The table of firewall rules for packets from instances (`FW_RULES_EGRESS_TABLE`).
pub const EGRESS_TABLE: TableId = 65;
/// The table of firewall rules for packets to instances (`FW_RULES_INGRESS_TABLE`).
pub const INGRESS_TABLE: TableId = 69;
/// The priority of a policy's last rule.
const LAST_RULE: u32 = 70;

fn fwaas(kind: OwnerKind, id: &str, name: String, why: How) -> Owner {
    Owner { system: System::Fwaas, kind, id: id.into(), name: name.into(), why }
}

/// Adds the owners of a flow: the rule, its policy, the group of the port.
pub(super) fn owners(
    facts: &NeutronFacts,
    ports: &FxHashMap<u32, LocalPort>,
    flow: FlowRef<'_>,
    found: &mut Vec<Owner>,
) {
    let direction = match flow.table() {
        EGRESS_TABLE => Direction::Egress,
        INGRESS_TABLE => Direction::Ingress,
        _ => return,
    };
    let Some(from_last) = flow.priority().checked_sub(LAST_RULE) else { return };
    let (ofport, mask) = flow.word(PORT_WORD);
    let Some(port) = ports.get(&ofport).filter(|_| mask == u32::MAX) else { return };
    let Some(group) = facts.firewall_groups.values().find(|g| g.ports.contains(&port.id)) else { return };
    let id = if direction == Direction::Egress { &group.egress_policy } else { &group.ingress_policy };
    let Some(policy) = facts.firewall_policies.get(id) else { return };
    let place = policy.rules.len().checked_sub(1 + from_last as usize);
    let rule = place.and_then(|place| facts.firewall_rules.get(&policy.rules[place]));
    match rule {
        Some(rule) => {
            let why = if fits(rule, flow) { How::NeutronFile } else { How::Guessed };
            found.push(fwaas(OwnerKind::FirewallRule, &rule.id, words(rule), why));
        }
        None => {
            let name = format!("a rule that firewall policy {} no longer has", named(&policy.name, &policy.id));
            found.push(fwaas(OwnerKind::FirewallRule, "", name, How::Guessed));
        }
    }
    found.push(fwaas(OwnerKind::FirewallPolicy, &policy.id, policy.name.to_string(), How::NeutronFile));
    found.push(fwaas(OwnerKind::FirewallGroup, &group.id, group.name.to_string(), How::NeutronFile));
}

fn named(name: &str, id: &str) -> String {
    if name.is_empty() { short_id(id) } else { name.to_owned() }
}

/// Whether a flow can be one of a rule: family, protocol, and whether it drops.
fn fits(rule: &FirewallRule, flow: FlowRef<'_>) -> bool {
    let matches = flow.matches();
    let family = if rule.ethertype == Ethertype::Ipv4 { ethertype::IP } else { ethertype::IPV6 };
    let (protocol, mask) = matches.slot(NW_PROTO);
    let of_flow = (!mask.is_zero()).then(|| protocol.to_u64() as u8);
    let drops = flow.actions().is_drop() || flow.actions().0.iter().any(|a| next_table(a) == Some(DROP_LOG_TABLE));
    matches.value(DL_TYPE) as u16 == family && of_flow == rule.protocol && drops == (rule.verdict != Verdict::Allow)
}

fn range(ports: (u16, u16)) -> String {
    if ports.0 == ports.1 { ports.0.to_string() } else { format!("{}-{}", ports.0, ports.1) }
}

/// What people call a firewall rule: `firewall rule deny-bad: deny tcp 80 from 10.60.0.66`.
pub fn words(rule: &FirewallRule) -> String {
    let mut text = format!("firewall rule {}: {}", named(&rule.name, &rule.id), rule.verdict.name());
    let family = if rule.ethertype == Ethertype::Ipv4 { "ip" } else { "ipv6" };
    let protocol = rule.protocol.map_or_else(|| family.to_owned(), protocol_name);
    let is_plain_v6 = rule.ethertype == Ethertype::Ipv6 && rule.protocol.is_some_and(|p| p != 58);
    let mut put = |words: &str| text.push_str(words);
    put(&format!(" {protocol}{}", if is_plain_v6 { "6" } else { "" }));
    if let Some(ports) = rule.destination_ports {
        put(&format!(" {}", range(ports)));
    }
    if let Some(ports) = rule.source_ports {
        put(&format!(" from source port {}", range(ports)));
    }
    if let Some(source) = rule.source {
        put(&format!(" from {source}"));
    }
    if let Some(destination) = rule.destination {
        put(&format!(" to {destination}"));
    }
    if rule.source.is_some() || rule.destination.is_some() {
        put(" (the driver leaves out the addresses)");
    }
    if !rule.is_enabled {
        put(" (disabled, and installed all the same)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::security::Prefix;

    #[test]
    fn a_firewall_rule_says_what_the_driver_makes_of_it() {
        let rule = FirewallRule {
            name: "deny-bad".into(),
            verdict: Verdict::Deny,
            protocol: Some(6),
            destination_ports: Some((80, 80)),
            is_enabled: true,
            ..FirewallRule::default()
        };
        assert_eq!(words(&rule), "firewall rule deny-bad: deny tcp 80");
        let other = FirewallRule {
            source: Prefix::parse("10.60.0.66"),
            is_enabled: false,
            destination_ports: Some((8000, 8999)),
            ..rule
        };
        assert_eq!(
            words(&other),
            "firewall rule deny-bad: deny tcp 8000-8999 from 10.60.0.66 (the driver leaves out the addresses) \
             (disabled, and installed all the same)"
        );
    }
}
